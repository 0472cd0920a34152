#include "common/judge/policy.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/bytes.h"
#include "common/base/host_list.h"
#include "common/base/status.h"
#include "common/base/time.h"

namespace kortvakt {
namespace {

constexpr absl::Duration kDay = absl::Hours(24);
// No card lives longer than 5 years; twice that.
constexpr absl::Duration kLongest = absl::Hours(24 * 3650);
// HSA-id: at most 31 characters, a hyphen and one more after the organisation.
constexpr size_t kMaxOrganisationPrefix = 29;
constexpr size_t kMaxContact = 500;
// Raised when an older program would misunderstand a policy; a new key alone it refuses by name.
constexpr int kPolicySchema = 1;
constexpr size_t kMaxRequiredCas = 256;
constexpr size_t kMaxRevocationHosts = 32;
constexpr size_t kMaxModuleName = 64;
constexpr size_t kMaxCardModules = 32;

bool IsOrganisationPrefix(std::string_view text) {
  return text.size() <= kMaxOrganisationPrefix && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
         });
}

std::map<std::string, std::string> ReadContacts(ConfigTable table) {
  std::map<std::string, std::string> contacts;
  for (const std::string& organisation : table.Keys()) {
    if (CleanText(organisation, kMaxContact) != organisation) {
      table.Fail(organisation,
                 absl::StrCat("the organisation '", CleanText(organisation), "' must be one line of at most ",
                              kMaxContact, " bytes, without control characters"));
    }
    const std::string contact = table.RequireString(organisation);
    if (CleanText(contact, kMaxContact) != contact) {
      table.Fail(organisation, absl::StrCat("the contact of '", CleanText(organisation),
                                            "' must be one line of at most ", kMaxContact, " bytes"));
    }
    contacts[organisation] = contact;
  }
  return contacts;
}

// A file name, as it stands after the last slash of a path.
bool IsFileName(const std::string& name) {
  return !name.empty() && name.size() <= kMaxModuleName && name.find('/') == std::string::npos &&
         CleanText(name, kMaxModuleName) == name;
}

}  // namespace

std::vector<std::string> DefaultCardModules() {
  return {"libiidp11.so", "opensc-pkcs11.so", "onepin-opensc-pkcs11.so", "libeToken.so",
          "libIDPrimePKCS11.so"};
}

Policy ReadPolicy(ConfigTable table) {
  Policy policy;
  table.CheckSchema(kPolicySchema);
  policy.text = table.Text();
  policy.renewal_within = table.GetDuration("renewal_within", policy.renewal_within, kDay, kLongest);
  policy.renewal_lifetime_divisor =
      static_cast<int>(table.GetInt("renewal_lifetime_divisor", policy.renewal_lifetime_divisor, 1, 100));
  policy.delivery = table.GetDuration("delivery", policy.delivery, absl::ZeroDuration(), kLongest);
  policy.card_idle_after =
      table.GetDuration("card_idle_after", policy.card_idle_after, absl::Seconds(1), kLongest);
  policy.late_after = table.GetDuration("late_after", policy.late_after, absl::Seconds(1), kLongest);
  policy.silent_after = table.GetDuration("silent_after", policy.silent_after, absl::Seconds(1), kLongest);
  policy.retired_after = table.GetDuration("retired_after", policy.retired_after, absl::Seconds(1), kLongest);
  const auto in_order = [&](const char* shorter, absl::Duration a, const char* longer, absl::Duration b) {
    if (a < b) return;
    table.Fail(table.Has(longer) ? longer : shorter,
               absl::StrCat("'", shorter, "' (", WriteDuration(a), ") must be shorter than '", longer, "' (",
                            WriteDuration(b), ")"));
  };
  in_order("late_after", policy.late_after, "silent_after", policy.silent_after);
  in_order("silent_after", policy.silent_after, "retired_after", policy.retired_after);
  policy.required_loa = table.GetInt("required_loa", 3, 2, 3) == 2 ? Loa::k2 : Loa::k3;
  policy.environment = table.GetChoice("environment", "production", {"production", "test"}) == "test"
                           ? CaEnvironment::kTest
                           : CaEnvironment::kProduction;
  policy.required_cas = table.GetStrings("required_cas");
  if (policy.required_cas.size() > kMaxRequiredCas) {
    table.Fail("required_cas", absl::StrCat("'required_cas' has ", policy.required_cas.size(),
                                            " entries; at most ", kMaxRequiredCas, " are allowed"));
    policy.required_cas.clear();
  }
  policy.organisation_prefix = table.GetString("organisation_prefix", "");
  if (!IsOrganisationPrefix(policy.organisation_prefix)) {
    table.Fail("organisation_prefix",
               absl::StrCat("'organisation_prefix' is '", CleanText(policy.organisation_prefix),
                            "'; write what HSA-ids begin with before the hyphen, such as \"SE2321000016\""));
    policy.organisation_prefix.clear();
  }
  if (table.Has("card_modules")) {
    policy.card_modules = table.GetStrings("card_modules");
    if (policy.card_modules.empty() || policy.card_modules.size() > kMaxCardModules ||
        !std::all_of(policy.card_modules.begin(), policy.card_modules.end(), IsFileName)) {
      table.Fail("card_modules", absl::StrCat("'card_modules' must be 1 to ", kMaxCardModules,
                                              " file names without folders, of at most ", kMaxModuleName,
                                              " bytes each, such as \"opensc-pkcs11.so\""));
      policy.card_modules = DefaultCardModules();
    }
  }
  policy.revocation = table.GetBool("revocation", false);
  policy.revocation_hosts = table.GetStrings("revocation_hosts");
  if (policy.revocation_hosts.size() > kMaxRevocationHosts) {
    table.Fail("revocation_hosts", absl::StrCat("'revocation_hosts' has ", policy.revocation_hosts.size(),
                                                " entries; at most ", kMaxRevocationHosts, " are allowed"));
  }
  for (const std::string& host : policy.revocation_hosts) {
    const absl::Status good = CheckHostEntry(host);
    if (!good.ok()) table.Fail("revocation_hosts", absl::StrCat("'revocation_hosts': ", good.message()));
  }
  policy.probe_hosts = ReadProbeTargets(table, "probe_hosts");
  policy.probe_interval =
      table.GetDuration("probe_interval", policy.probe_interval, absl::Minutes(5), 30 * kDay);
  policy.contacts = ReadContacts(table.GetTable("contacts"));
  return policy;
}

absl::StatusOr<Policy> ParsePolicy(std::string_view text, const std::string& name) {
  ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Parse(text, name));
  Policy policy = ReadPolicy(file.Root());
  RETURN_IF_ERROR(file.Finish());
  policy.text = std::string(text);
  return policy;
}

absl::Status CheckPolicy(const Policy& policy, const CaCatalogue& catalogue) {
  for (const std::string& id : policy.required_cas) {
    const CataloguedCa* ca = catalogue.FindById(id);
    if (ca == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("policy.required_cas: '", CleanText(id), "' is not in the CA catalogue; known are: ",
                       absl::StrJoin(catalogue.cas(), ", ", [](std::string* out, const CataloguedCa& known) {
                         absl::StrAppend(out, known.id);
                       })));
    }
    if (ca->state != CaState::kCurrent || ca->environment != policy.environment) {
      return absl::InvalidArgumentError(
          absl::StrCat("policy.required_cas: '", id, "' cannot be required: it is ",
                       ca->state != CaState::kCurrent ? "not a current CA" : "of the other environment",
                       " by the CA catalogue"));
    }
  }
  return absl::OkStatus();
}

std::string PolicyVersion(const Policy& policy) { return Sha256Hex(AsBytes(policy.text)).substr(0, 8); }

std::vector<std::string> RequiredCas(const Policy& policy, const CaCatalogue& catalogue) {
  std::vector<std::string> required;
  for (const CataloguedCa& ca : catalogue.cas()) {
    if (ca.state != CaState::kCurrent || ca.environment != policy.environment) continue;
    const bool wanted = policy.required_cas.empty()
                            ? ca.required
                            : std::find(policy.required_cas.begin(), policy.required_cas.end(), ca.id) !=
                                  policy.required_cas.end();
    if (wanted) required.push_back(ca.id);
  }
  return required;
}

}  // namespace kortvakt
