#include "agent/pcsc/pcsc_status.h"

#include <winscard.h>

#include <optional>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace kortvakt {
namespace {

using absl::StatusCode;

constexpr char kPayload[] = "kortvakt/pcsc-code";

struct Code {
  int64_t value;
  const char* name;
  StatusCode status;
};

#define CODE(name, status) Code{static_cast<uint32_t>(name), #name, StatusCode::status}
// Every code of pcsclite.h, in its order. SCARD_E_UNSUPPORTED_FEATURE shares
// the number of SCARD_E_UNEXPECTED there.
constexpr Code kCodes[] = {
    CODE(SCARD_S_SUCCESS, kOk),
    CODE(SCARD_F_INTERNAL_ERROR, kInternal),
    CODE(SCARD_E_CANCELLED, kCancelled),
    CODE(SCARD_E_INVALID_HANDLE, kUnavailable),
    CODE(SCARD_E_INVALID_PARAMETER, kInvalidArgument),
    CODE(SCARD_E_INVALID_TARGET, kInternal),
    CODE(SCARD_E_NO_MEMORY, kResourceExhausted),
    CODE(SCARD_F_WAITED_TOO_LONG, kDeadlineExceeded),
    CODE(SCARD_E_INSUFFICIENT_BUFFER, kDataLoss),
    CODE(SCARD_E_UNKNOWN_READER, kUnavailable),
    CODE(SCARD_E_TIMEOUT, kDeadlineExceeded),
    CODE(SCARD_E_SHARING_VIOLATION, kFailedPrecondition),
    CODE(SCARD_E_NO_SMARTCARD, kUnavailable),
    CODE(SCARD_E_UNKNOWN_CARD, kUnimplemented),
    CODE(SCARD_E_CANT_DISPOSE, kInternal),
    CODE(SCARD_E_PROTO_MISMATCH, kUnimplemented),
    CODE(SCARD_E_NOT_READY, kUnavailable),
    CODE(SCARD_E_INVALID_VALUE, kInvalidArgument),
    CODE(SCARD_E_SYSTEM_CANCELLED, kCancelled),
    CODE(SCARD_F_COMM_ERROR, kUnavailable),
    CODE(SCARD_F_UNKNOWN_ERROR, kInternal),
    CODE(SCARD_E_INVALID_ATR, kUnimplemented),
    CODE(SCARD_E_NOT_TRANSACTED, kUnavailable),
    CODE(SCARD_E_READER_UNAVAILABLE, kUnavailable),
    CODE(SCARD_P_SHUTDOWN, kUnavailable),
    CODE(SCARD_E_PCI_TOO_SMALL, kInternal),
    CODE(SCARD_E_READER_UNSUPPORTED, kUnimplemented),
    CODE(SCARD_E_DUPLICATE_READER, kInternal),
    CODE(SCARD_E_CARD_UNSUPPORTED, kUnimplemented),
    CODE(SCARD_E_NO_SERVICE, kUnavailable),
    CODE(SCARD_E_SERVICE_STOPPED, kUnavailable),
    CODE(SCARD_E_UNEXPECTED, kInternal),
    CODE(SCARD_E_ICC_INSTALLATION, kInternal),
    CODE(SCARD_E_ICC_CREATEORDER, kInternal),
    CODE(SCARD_E_DIR_NOT_FOUND, kInternal),
    CODE(SCARD_E_FILE_NOT_FOUND, kInternal),
    CODE(SCARD_E_NO_DIR, kInternal),
    CODE(SCARD_E_NO_FILE, kInternal),
    CODE(SCARD_E_NO_ACCESS, kPermissionDenied),
    CODE(SCARD_E_WRITE_TOO_MANY, kInternal),
    CODE(SCARD_E_BAD_SEEK, kInternal),
    CODE(SCARD_E_INVALID_CHV, kInternal),
    CODE(SCARD_E_UNKNOWN_RES_MNG, kInternal),
    CODE(SCARD_E_NO_SUCH_CERTIFICATE, kInternal),
    CODE(SCARD_E_CERTIFICATE_UNAVAILABLE, kInternal),
    CODE(SCARD_E_NO_READERS_AVAILABLE, kUnavailable),
    CODE(SCARD_E_COMM_DATA_LOST, kUnavailable),
    CODE(SCARD_E_NO_KEY_CONTAINER, kInternal),
    CODE(SCARD_E_SERVER_TOO_BUSY, kUnavailable),
    CODE(SCARD_W_UNSUPPORTED_CARD, kUnimplemented),
    CODE(SCARD_W_UNRESPONSIVE_CARD, kDataLoss),
    CODE(SCARD_W_UNPOWERED_CARD, kDataLoss),
    CODE(SCARD_W_RESET_CARD, kUnavailable),
    CODE(SCARD_W_REMOVED_CARD, kUnavailable),
    CODE(SCARD_W_SECURITY_VIOLATION, kPermissionDenied),
    CODE(SCARD_W_WRONG_CHV, kInternal),
    CODE(SCARD_W_CHV_BLOCKED, kInternal),
    CODE(SCARD_W_EOF, kInternal),
    CODE(SCARD_W_CANCELLED_BY_USER, kCancelled),
    CODE(SCARD_W_CARD_NOT_AUTHENTICATED, kInternal),
};
#undef CODE

const Code* Find(int64_t code) {
  for (const Code& known : kCodes) {
    // LONG is wider than the codes on some systems and signed on others.
    if (known.value == static_cast<uint32_t>(code)) return &known;
  }
  return nullptr;
}

}  // namespace

std::string PcscCodeName(int64_t code) {
  const Code* known = Find(code);
  return known != nullptr ? known->name : absl::StrFormat("0x%08X", static_cast<uint32_t>(code));
}

absl::Status PcscStatus(int64_t code, std::string_view what) {
  const Code* known = Find(code);
  const StatusCode status_code = known != nullptr ? known->status : StatusCode::kInternal;
  const std::string name = PcscCodeName(code);
  absl::Status status(status_code, absl::StrCat(std::string(what), ": ", name));
  if (!status.ok()) status.SetPayload(kPayload, absl::Cord(name));
  return status;
}

std::string PcscCodeName(const absl::Status& status) {
  const absl::optional<absl::Cord> name = status.GetPayload(kPayload);
  return name.has_value() ? std::string(*name) : std::string(status.message());
}

}  // namespace kortvakt
