#include "agent/trust/p11_kit_reader.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/pkcs11x.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxCertificates = 8192;
constexpr CK_ULONG kMaxCertificateBytes = 64 << 10;
constexpr CK_ULONG kMaxSlots = 16;

absl::Status Pkcs11Status(CK_RV result, const char* what) {
  if (result == CKR_OK) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("p11-kit's trust module: ", what, ": ", p11_kit_strerror(result)));
}

// The module, initialised; finalised and unloaded at the end.
class Module {
 public:
  static absl::StatusOr<Module> Load(const std::string& name, const std::string& paths) {
    // Unmanaged: p11-kit adds nothing of its own between the module and us.
    Module module(p11_kit_module_load(name.c_str(), P11_KIT_MODULE_UNMANAGED));
    if (!module.functions_) {
      const char* why = p11_kit_message();
      return absl::NotFoundError(absl::StrCat("loading ", name, ": ", why == nullptr ? "not there" : why));
    }
    std::string reserved = paths.empty() ? "" : absl::StrCat("paths='", paths, "'");
    CK_C_INITIALIZE_ARGS arguments{};
    arguments.flags = CKF_OS_LOCKING_OK;
    arguments.pReserved = reserved.empty() ? nullptr : reserved.data();
    RETURN_IF_ERROR(Pkcs11Status(module->C_Initialize(&arguments), "C_Initialize"));
    module.initialised_ = true;
    return module;
  }
  ~Module() {
    if (initialised_) functions_->C_Finalize(nullptr);
    if (functions_) p11_kit_module_release(functions_);
  }
  Module(Module&& other) noexcept
      : functions_(std::exchange(other.functions_, nullptr)),
        initialised_(std::exchange(other.initialised_, false)) {}
  Module& operator=(Module&&) = delete;
  CK_FUNCTION_LIST* operator->() const { return functions_; }

 private:
  explicit Module(CK_FUNCTION_LIST* functions) : functions_(functions) {}
  CK_FUNCTION_LIST* functions_;
  bool initialised_ = false;
};

// The entry of one certificate object; absent (empty der) where it has no value of a sane size.
TrustStoreContents::Entry EntryOf(const Module& module, CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object) {
  CK_BBOOL trusted = CK_FALSE;
  CK_BBOOL distrusted = CK_FALSE;
  CK_ATTRIBUTE value = {CKA_VALUE, nullptr, 0};
  // One by one: an attribute that is not there must not spoil the others.
  CK_ATTRIBUTE trust = {CKA_TRUSTED, &trusted, sizeof trusted};
  CK_ATTRIBUTE distrust = {CKA_X_DISTRUSTED, &distrusted, sizeof distrusted};
  TrustStoreContents::Entry entry;
  if (module->C_GetAttributeValue(session, object, &value, 1) != CKR_OK || value.ulValueLen == 0 ||
      value.ulValueLen > kMaxCertificateBytes) {
    return entry;
  }
  entry.der.resize(value.ulValueLen);
  value.pValue = entry.der.data();
  if (module->C_GetAttributeValue(session, object, &value, 1) != CKR_OK ||
      value.ulValueLen != entry.der.size()) {
    return {};
  }
  const bool is_trusted =
      module->C_GetAttributeValue(session, object, &trust, 1) == CKR_OK && trusted == CK_TRUE;
  const bool is_distrusted =
      module->C_GetAttributeValue(session, object, &distrust, 1) == CKR_OK && distrusted == CK_TRUE;
  entry.sha256 = Sha256Hex(entry.der);
  entry.trust = is_distrusted ? CaTrust::kDistrusted : is_trusted ? CaTrust::kTrusted : CaTrust::kPresent;
  return entry;
}

// A certificate in several files counts once: distrusted where one of them says so, else as first seen.
void Add(TrustStoreContents::Entry entry, std::vector<TrustStoreContents::Entry>& entries) {
  const auto known = std::find_if(entries.begin(), entries.end(),
                                  [&entry](const auto& one) { return one.sha256 == entry.sha256; });
  if (known == entries.end()) {
    entries.push_back(std::move(entry));
  } else if (entry.trust == CaTrust::kDistrusted) {
    known->trust = CaTrust::kDistrusted;
  }
}

absl::Status ReadSession(const Module& module, CK_SESSION_HANDLE session,
                         std::vector<TrustStoreContents::Entry>& entries) {
  CK_OBJECT_CLASS kind = CKO_CERTIFICATE;
  CK_ATTRIBUTE wanted = {CKA_CLASS, &kind, sizeof kind};
  RETURN_IF_ERROR(Pkcs11Status(module->C_FindObjectsInit(session, &wanted, 1), "C_FindObjectsInit"));
  std::array<CK_OBJECT_HANDLE, 64> objects;
  CK_ULONG count = 0;
  do {
    RETURN_IF_ERROR(Pkcs11Status(module->C_FindObjects(session, objects.data(), objects.size(), &count),
                                 "C_FindObjects"));
    for (CK_ULONG i = 0; i < count && i < objects.size(); ++i) {
      TrustStoreContents::Entry entry = EntryOf(module, session, objects[i]);
      if (!entry.der.empty()) Add(std::move(entry), entries);
      if (entries.size() > kMaxCertificates)
        return absl::ResourceExhaustedError("p11-kit: too many certificates");
    }
  } while (count > 0);
  return Pkcs11Status(module->C_FindObjectsFinal(session), "C_FindObjectsFinal");
}

// p11-kit's trust module says the path that a slot reads as the slot's description
// (padded with spaces, cut to 64 bytes).
absl::StatusOr<std::string> PathOf(const Module& module, CK_SLOT_ID slot) {
  CK_SLOT_INFO info{};
  RETURN_IF_ERROR(Pkcs11Status(module->C_GetSlotInfo(slot, &info), "C_GetSlotInfo"));
  const absl::string_view text(reinterpret_cast<const char*>(info.slotDescription),
                               sizeof info.slotDescription);
  return std::string(absl::StripTrailingAsciiWhitespace(text));
}

absl::Status ReadModule(const std::string& name, const std::string& paths, StoreReading& reading) {
  ASSIGN_OR_RETURN(const Module module, Module::Load(name, paths));
  std::array<CK_SLOT_ID, kMaxSlots> slots;
  CK_ULONG count = slots.size();
  RETURN_IF_ERROR(Pkcs11Status(module->C_GetSlotList(CK_TRUE, slots.data(), &count), "C_GetSlotList"));
  for (CK_ULONG i = 0; i < count && i < slots.size(); ++i) {
    ASSIGN_OR_RETURN(std::string path, PathOf(module, slots[i]));
    reading.inputs.push_back(std::move(path));
    CK_SESSION_HANDLE session = 0;
    RETURN_IF_ERROR(Pkcs11Status(
        module->C_OpenSession(slots[i], CKF_SERIAL_SESSION, nullptr, nullptr, &session), "C_OpenSession"));
    RETURN_IF_ERROR(ReadSession(module, session, reading.contents.entries));
  }
  return absl::OkStatus();
}

}  // namespace

StoreReading ReadP11Kit(const std::string& module, const std::string& paths) {
  StoreReading reading;
  reading.kind = TrustStoreKind::kP11Kit;
  reading.location = module;
  const absl::Status status = ReadModule(module, paths, reading);
  reading.contents.state = status.ok()                ? TrustStoreState::kRead
                           : absl::IsNotFound(status) ? TrustStoreState::kAbsent
                                                      : TrustStoreState::kUnreadable;
  if (!status.ok()) {
    reading.contents.entries.clear();
    reading.contents.detail = std::string(status.message());
  }
  return reading;
}

}  // namespace kortvakt
