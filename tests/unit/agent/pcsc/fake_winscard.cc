#include "tests/unit/agent/pcsc/fake_winscard.h"

#include <reader.h>
#include <winscard.h>

#include <algorithm>

namespace kortvakt::testing {

FakeWinscard& FakeWinscard::Get() {
  static FakeWinscard* fake = new FakeWinscard;
  return *fake;
}

FakeWinscard& FakeWinscard::Reset() { return Get() = FakeWinscard(); }

namespace {

std::string Leaving(DWORD how) { return how == SCARD_LEAVE_CARD ? " leave" : " and change it"; }

}  // namespace
}  // namespace kortvakt::testing

using kortvakt::Bytes;
using kortvakt::testing::FakeWinscard;

extern "C" {

const SCARD_IO_REQUEST g_rgSCardT0Pci = {SCARD_PROTOCOL_T0, sizeof(SCARD_IO_REQUEST)};
const SCARD_IO_REQUEST g_rgSCardT1Pci = {SCARD_PROTOCOL_T1, sizeof(SCARD_IO_REQUEST)};

LONG SCardEstablishContext(DWORD, LPCVOID, LPCVOID, LPSCARDCONTEXT context) {
  *context = 1;
  return SCARD_S_SUCCESS;
}

LONG SCardReleaseContext(SCARDCONTEXT) {
  FakeWinscard::Get().calls.push_back("release");
  return SCARD_S_SUCCESS;
}

LONG SCardConnect(SCARDCONTEXT, LPCSTR, DWORD mode, DWORD protocols, LPSCARDHANDLE card, LPDWORD protocol) {
  FakeWinscard& fake = FakeWinscard::Get();
  const bool right = mode == SCARD_SHARE_SHARED && protocols == (SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1);
  fake.calls.push_back(right ? "connect shared" : "connect otherwise");
  *card = 2;
  *protocol = fake.protocol;
  return static_cast<LONG>(fake.connect_code);
}

LONG SCardReconnect(SCARDHANDLE, DWORD mode, DWORD, DWORD leave, LPDWORD protocol) {
  FakeWinscard& fake = FakeWinscard::Get();
  fake.calls.push_back((mode == SCARD_SHARE_SHARED ? "reconnect shared" : "reconnect otherwise") +
                       kortvakt::testing::Leaving(leave));
  *protocol = fake.protocol;
  return SCARD_S_SUCCESS;
}

LONG SCardDisconnect(SCARDHANDLE, DWORD leave) {
  FakeWinscard::Get().calls.push_back("disconnect" + kortvakt::testing::Leaving(leave));
  return SCARD_S_SUCCESS;
}

LONG SCardBeginTransaction(SCARDHANDLE) {
  FakeWinscard& fake = FakeWinscard::Get();
  fake.calls.push_back("begin");
  if (fake.on_begin) fake.on_begin();
  if (fake.begin_codes.empty()) return SCARD_S_SUCCESS;
  const uint32_t code = fake.begin_codes.front();
  fake.begin_codes.pop_front();
  return static_cast<LONG>(code);
}

LONG SCardEndTransaction(SCARDHANDLE, DWORD leave) {
  FakeWinscard::Get().calls.push_back("end" + kortvakt::testing::Leaving(leave));
  return SCARD_S_SUCCESS;
}

LONG SCardStatus(SCARDHANDLE, LPSTR, LPDWORD, LPDWORD, LPDWORD, LPBYTE atr, LPDWORD length) {
  const Bytes& answer = FakeWinscard::Get().atr;
  std::copy(answer.begin(), answer.end(), atr);
  *length = static_cast<DWORD>(answer.size());
  return SCARD_S_SUCCESS;
}

LONG SCardTransmit(SCARDHANDLE, const SCARD_IO_REQUEST*, LPCBYTE data, DWORD size, SCARD_IO_REQUEST*,
                   LPBYTE answer, LPDWORD length) {
  FakeWinscard& fake = FakeWinscard::Get();
  const Bytes command(data, data + size);
  fake.commands.push_back(command);
  if (fake.transmit_code != 0) return static_cast<LONG>(fake.transmit_code);
  const Bytes bytes = fake.card(command);
  if (fake.transmit_code != 0) return static_cast<LONG>(fake.transmit_code);
  if (bytes.size() > *length) return SCARD_E_INSUFFICIENT_BUFFER;
  std::copy(bytes.begin(), bytes.end(), answer);
  *length = static_cast<DWORD>(bytes.size());
  return SCARD_S_SUCCESS;
}

LONG SCardControl(SCARDHANDLE, DWORD code, LPCVOID, DWORD, LPVOID answer, DWORD size, LPDWORD length) {
  if (!FakeWinscard::Get().extended_length) return SCARD_E_UNSUPPORTED_FEATURE;
  // PC/SC part 10, 2.3: where the properties are, and the one of 65,536 bytes an APDU.
  const Bytes bytes = code == CM_IOCTL_GET_FEATURE_REQUEST
                          ? Bytes{FEATURE_GET_TLV_PROPERTIES, 4, 0, 0, 0, 1}
                          : Bytes{PCSCv2_PART10_PROPERTY_dwMaxAPDUDataSize, 4, 0, 0, 1, 0};
  if (bytes.size() > size) return SCARD_E_INSUFFICIENT_BUFFER;
  std::copy(bytes.begin(), bytes.end(), static_cast<uint8_t*>(answer));
  *length = static_cast<DWORD>(bytes.size());
  return SCARD_S_SUCCESS;
}
LONG SCardListReaders(SCARDCONTEXT, LPCSTR, LPSTR, LPDWORD) { return SCARD_E_NO_READERS_AVAILABLE; }
LONG SCardGetStatusChange(SCARDCONTEXT, DWORD, SCARD_READERSTATE* states, DWORD count) {
  const uint32_t state = FakeWinscard::Get().reader_state;
  if (state == 0) return SCARD_E_TIMEOUT;
  for (DWORD i = 0; i < count; ++i) states[i].dwEventState = state;
  return SCARD_S_SUCCESS;
}
LONG SCardCancel(SCARDCONTEXT) { return SCARD_S_SUCCESS; }

}  // extern "C"
