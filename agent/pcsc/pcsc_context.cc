#include "agent/pcsc/pcsc_context.h"

#include <winscard.h>

#include <algorithm>

#include "agent/pcsc/card_session.h"
#include "agent/pcsc/pcsc_status.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

// The pseudo reader whose change is the arrival of a reader.
constexpr char kArrival[] = "\\\\?PnP?\\Notification";

void Update(ReaderStatus& reader, const SCARD_READERSTATE& state) {
  const uint32_t raw = static_cast<uint32_t>(state.dwEventState);
  const auto has = [raw](uint32_t flag) { return (raw & flag) != 0; };
  reader.changed = has(SCARD_STATE_CHANGED);
  reader.present = has(SCARD_STATE_PRESENT);
  reader.mute = has(SCARD_STATE_MUTE);
  reader.in_use = has(SCARD_STATE_INUSE);
  reader.exclusive = has(SCARD_STATE_EXCLUSIVE);
  reader.unavailable = has(SCARD_STATE_UNAVAILABLE);
  reader.gone = has(SCARD_STATE_UNKNOWN);
  reader.events = static_cast<uint16_t>(raw >> 16);
  const size_t length = std::min<size_t>(state.cbAtr, sizeof state.rgbAtr);
  reader.atr.assign(state.rgbAtr, state.rgbAtr + length);
  if (!reader.present) reader.atr.clear();
  reader.raw_state = raw & ~static_cast<uint32_t>(SCARD_STATE_CHANGED);
}

// The largest finite time-out is far below INFINITE, which is never meant here.
DWORD Milliseconds(absl::Duration timeout) {
  return static_cast<DWORD>(std::clamp<int64_t>(absl::ToInt64Milliseconds(timeout), 0, 3'600'000));
}

}  // namespace

const size_t PcscContext::kMostReaders = PCSCLITE_MAX_READERS_CONTEXTS;

absl::StatusOr<std::unique_ptr<PcscContext>> PcscContext::Establish() {
  SCARDCONTEXT context = 0;
  const LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context);
  if (code != SCARD_S_SUCCESS) return PcscStatus(code, "SCardEstablishContext");
  return std::unique_ptr<PcscContext>(new PcscContext(static_cast<intptr_t>(context)));
}

PcscContext::~PcscContext() { SCardReleaseContext(static_cast<SCARDCONTEXT>(handle_)); }

absl::StatusOr<std::vector<std::string>> PcscContext::ListReaders() {
  // Room for every reader; the list is ended by an empty string.
  std::string names((kMostReaders + 1) * (MAX_READERNAME + 1), '\0');
  DWORD length = static_cast<DWORD>(names.size());
  const LONG code = SCardListReaders(static_cast<SCARDCONTEXT>(handle_), nullptr, names.data(), &length);
  if (code == SCARD_E_NO_READERS_AVAILABLE) return std::vector<std::string>();
  if (code != SCARD_S_SUCCESS) return PcscStatus(code, "SCardListReaders");
  names.resize(std::min<size_t>(length, names.size()));
  std::vector<std::string> list;
  for (size_t start = 0; start < names.size() && list.size() < kMostReaders;) {
    const std::string name = names.c_str() + start;
    if (name.empty()) break;
    list.push_back(name);
    start += name.size() + 1;
  }
  return list;
}

absl::Status PcscContext::Wait(std::vector<ReaderStatus>& readers, absl::Duration timeout) {
  std::vector<SCARD_READERSTATE> states(readers.size() + 1);
  for (size_t i = 0; i < readers.size(); ++i) {
    states[i].szReader = readers[i].name.c_str();
    states[i].dwCurrentState = readers[i].raw_state;
    readers[i].changed = false;
  }
  states.back().szReader = kArrival;
  // With as many readers as the service can have, none can arrive.
  if (states.size() > kMostReaders) states.pop_back();
  const LONG code = SCardGetStatusChange(static_cast<SCARDCONTEXT>(handle_), Milliseconds(timeout), states.data(),
                                         static_cast<DWORD>(states.size()));
  // A reader left between the listing and this call: list again.
  if (code == SCARD_E_UNKNOWN_READER) return absl::OkStatus();
  const absl::Status status = PcscStatus(code, "SCardGetStatusChange");
  if (!status.ok() && !absl::IsDeadlineExceeded(status)) return status;
  for (size_t i = 0; i < readers.size(); ++i) Update(readers[i], states[i]);
  return status;
}

void PcscContext::Cancel() { SCardCancel(static_cast<SCARDCONTEXT>(handle_)); }

absl::StatusOr<std::unique_ptr<CardSession>> PcscContext::Connect(const std::string& reader,
                                                                  const CardBudget& budget, const Clock& clock,
                                                                  CardControl& control) {
  return internal::ConnectCard(handle_, reader, budget, clock, control);
}

}  // namespace kortvakt
