// A card described as data: what a virtual card holds and how it behaves.
//
// As a TOML file (unknown keys are errors; files named in it are relative to its
// folder, PEM or DER):
//
//   atr = "3B7D96000080318065B0A3110100F383009000"
//   protocol = "T=0"               # or "T=1"
//   extended_length = false        # T=1 only: takes extended-length APDUs
//   largest_answer = 256           # gives at most this many bytes an answer
//   past_end = "6C"                # READ BINARY of more than there is, answered by: "6C" (6Cxx),
//                                  # "9000" or "6282" (with the data), "6700", "6B00".
//                                  # Default: "6C" with T=0, "9000" with T=1
//   refuses_p2_0c = false          # SELECT without answer data (P2=0C) answered 6A86
//   pin = "123456"
//   forgets_pin_at_select = false  # every SELECT drops the PIN state
//
//   [pkcs15]                       # an ISO/IEC 7816-15 (PKCS#15) application
//   serial = "0102030405060708"    # hex; TokenInfo
//   label = "SITHS e-id"
//   manufacturer = "Example Cards AB"
//   aid = "A000000063504B43532D3135"
//   df = "5015"                    # path of its directory from the MF
//   select_by_aid = true           # false: SELECT by AID is answered 6A82
//   ef_dir = "transparent"         # or "record", "absent"
//   padding = 255                  # byte that fills files up to …
//   file_size = 0                  # … this size; 0: files end with their contents
//   paths = "absolute"             # or "relative" to the application
//   token_info = true              # false: no EF(TokenInfo)
//   names_pin = true               # false: neither EF(AOD) nor the keys tell of a PIN: no program asks for
//   it
//   [[pkcs15.certificate]]         # in reading order
//   file = "authentication.pem"
//   label = "Legitimering"
//   id = "45"                      # hex; joins certificate and key
//   directory = "certificates"     # or "trusted", "useful": which CDF
//   form = "file"                  # or "window" (all such in one file, by index and length), "direct"
//   key = true                     # whether EF(PrKDF) has its private key
//
//   [idprime]                      # a Thales IDPrime application
//   card_id = "00112233445566778899AABBCCDDEEFF"
//   cardcf = "000001000100"        # hex: the minidriver's freshness counters
//   label = "SITHS e-id"
//   container_map = true           # false: file 0204 has no contents
//   [[idprime.certificate]]        # in the index's order
//   file = "authentication.pem"
//   name = "kxc00"
//   form = "plain"                 # or "zlib", "gzip"
//   key = true                     # whether the container map has its key
//
//   [[file]]                       # replaces or adds one file
//   path = "50154401"              # from the MF, without 3F00
//   hex = "30 00"                  # its contents; or …
//   records = ["61 02 4F 00"]      # … a record file; or …
//   folder = true                  # … a DF, and …
//   aid = "A000000167455349474E"   # … its application identifier
//   select_status = "9000"         # what SELECT of it is answered
//   read_status = "9000"           # what reading it is answered
//
//   [[data]]                       # GET DATA. A card with [pkcs15] has DF30 of its own: "v2.0", by
//   tag = "9F7F"                   # which OpenSC knows the older SITHS cards
//   hex = "00"
//
//   [[fault]]                      # the at-th command (from 0, since the card was made) …
//   at = 7
//   count = 1                      # … and so many in a row; 0: all that follow
//   answer = "6F00"                # … are answered so. Empty: never answered
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/bytes.h"

namespace kortvakt::testing {

// What READ BINARY says when asked for more than the file has left.
enum class PastEnd { kByProtocol, kWrongLe, kShortOk, kWarning, kWrongLength, kWrongOffset };

struct Pkcs15Certificate {
  enum class Directory { kCertificates, kTrusted, kUseful };
  enum class Form { kFile, kWindow, kDirect };
  Bytes der;
  std::string label = "Certificate";
  Bytes id = {0x45};
  Directory directory = Directory::kCertificates;
  Form form = Form::kFile;
  bool key = true;
};

struct Pkcs15Image {
  enum class EfDir { kTransparent, kRecord, kAbsent };
  Bytes serial = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08};
  std::string label = "SITHS e-id";
  std::string manufacturer = "Example Cards AB";
  Bytes aid = {0xA0, 0x00, 0x00, 0x00, 0x63, 0x50, 0x4B, 0x43, 0x53, 0x2D, 0x31, 0x35};
  Bytes df = {0x50, 0x15};
  bool select_by_aid = true;
  EfDir ef_dir = EfDir::kTransparent;
  uint8_t padding = 0xFF;
  size_t file_size = 0;
  bool absolute_paths = true;
  bool token_info = true;
  bool names_pin = true;
  std::vector<Pkcs15Certificate> certificates;
};

struct IdPrimeCertificate {
  enum class Form { kPlain, kZlib, kGzip };
  Bytes der;
  std::string name = "kxc00";
  Form form = Form::kPlain;
  bool key = true;
};

struct IdPrimeImage {
  Bytes card_id = Bytes(16, 0x11);
  Bytes cardcf = {0x00, 0x00, 0x01, 0x00, 0x01, 0x00};
  std::string label = "SITHS e-id";
  bool container_map = true;
  std::vector<IdPrimeCertificate> certificates;
};

struct CardFile {
  Bytes path;  // from the MF, without 3F00; two bytes a level
  Bytes contents;
  std::vector<Bytes> records;  // not empty: a record file
  bool folder = false;
  Bytes aid;
  bool select_by_aid = true;
  bool applet = false;  // a folder that is its own root: paths "from the MF" are found in it too
  uint16_t select_status = 0x9000;
  uint16_t read_status = 0x9000;
};

struct CardFault {
  size_t at = 0;
  size_t count = 1;  // 0: all that follow
  Bytes answer;      // empty: never answered
};

struct CardDataObject {
  uint16_t tag = 0;
  Bytes contents;
};

// ATR of an older SITHS card (Telia EID IP5a), T=0, and of an IDPrime 940, T=0.
inline constexpr uint8_t kTeliaAtr[] = {0x3B, 0x7D, 0x96, 0x00, 0x00, 0x80, 0x31, 0x80, 0x65,
                                        0xB0, 0xA3, 0x11, 0x01, 0xF3, 0x83, 0x00, 0x90, 0x00};
inline constexpr uint8_t kIdPrimeAtr[] = {0x3B, 0x7F, 0x96, 0x00, 0x00, 0x80, 0x31, 0x80, 0x65, 0xB0,
                                          0x85, 0x59, 0x56, 0xFB, 0x12, 0x0F, 0xFE, 0x82, 0x90, 0x00};

struct CardImage {
  Bytes atr = Bytes(std::begin(kTeliaAtr), std::end(kTeliaAtr));
  bool t0 = true;
  bool extended_length = false;
  size_t largest_answer = 256;  // extended answers of extended_length cards are not cut
  PastEnd past_end = PastEnd::kByProtocol;
  bool refuses_p2_0c = false;
  std::string pin = "123456";
  bool forgets_pin_at_select = false;

  std::optional<Pkcs15Image> pkcs15;
  std::optional<IdPrimeImage> idprime;
  std::vector<CardFile> files;
  std::vector<CardDataObject> data;
  std::vector<CardFault> faults;

  // Asked before the card answers command `index` (from 0, since the card was
  // made): a value replaces the card's answer. Not in the TOML form.
  std::function<std::optional<Bytes>(size_t index, ByteView command)> hook;
};

// Reads the TOML form. Errors name file and line.
absl::StatusOr<CardImage> LoadCardImage(const std::string& path);

// Every file of the card: those of its applications, then `image.files`, which
// replace earlier ones of the same path. Parents come before their children.
std::vector<CardFile> FilesOf(const CardImage& image);

// The files of one application.
std::vector<CardFile> Pkcs15Files(const Pkcs15Image& image);
std::vector<CardFile> IdPrimeFiles(const IdPrimeImage& image);

// One DER element (X.690) of `tag` around `contents`.
Bytes Der(uint8_t tag, ByteView contents);

}  // namespace kortvakt::testing
