#include "common/certs/ca_catalogue.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/config.h"
#include "common/base/files.h"
#include "common/base/host_list.h"
#include "common/base/status.h"
#include "common/base/time.h"
#include "common/certs/data/built_in.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxId = 64;
constexpr size_t kMaxText = 512;
constexpr size_t kMaxEntries = 1000;  // SITHS has 20 CAs; all entries are compared with each other
constexpr size_t kMaxHosts = 64;      // a collector names them for all its agents (ADR 11)
constexpr size_t kMaxCatalogueFile = 4u << 20;
// Raised when an older program would misunderstand a file; a new key alone it refuses by name.
constexpr int kCatalogueSchema = 1;
constexpr size_t kSha256Digits = 64;
constexpr int kMaxDepth = 8;  // of issuers, as in chain.h

bool OnlyOf(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

bool IsCatalogueId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxId && OnlyOf(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

bool IsOid(std::string_view text) {
  return text.size() >= 3 && text.size() <= 128 && OnlyOf(text, "0123456789.") && text.front() != '.' &&
         text.back() != '.' && text.find('.') != text.npos && text.find("..") == text.npos;
}

Loa ReadLoa(ConfigTable table, std::string_view fallback) {
  const std::string word = table.GetChoice("loa", fallback, {"2", "3", "not-applicable", "unknown"});
  if (word == "2") return Loa::k2;
  if (word == "3") return Loa::k3;
  return word == "not-applicable" ? Loa::kNotApplicable : Loa::kUnknown;
}

CaIssues ReadIssues(ConfigTable table) {
  const std::string word =
      table.GetChoice("issues", "persons", {"cas", "persons", "functions", "mobile", "transport"});
  if (word == "cas") return CaIssues::kCas;
  if (word == "functions") return CaIssues::kFunctions;
  if (word == "mobile") return CaIssues::kMobile;
  return word == "transport" ? CaIssues::kTransport : CaIssues::kPersons;
}

CaState ReadState(ConfigTable table) {
  const std::string word = table.GetChoice("state", "current", {"current", "retired", "blocked"});
  if (word == "retired") return CaState::kRetired;
  return word == "blocked" ? CaState::kBlocked : CaState::kCurrent;
}

// An entry with where it stands, for messages about several entries.
struct PlacedCa {
  CataloguedCa ca;
  std::string where;
};

std::string ReadSha256(ConfigTable table, const std::string& key) {
  std::string digest = table.GetString(key, "");
  if (!digest.empty() && (digest.size() != kSha256Digits || !OnlyOf(digest, "0123456789abcdef"))) {
    table.Fail(key, absl::StrCat("'", key, "' is not a SHA-256: 64 lower-case hexadecimal digits"));
  }
  return digest;
}

PlacedCa ReadCa(ConfigTable table) {
  CataloguedCa ca;
  ca.id = table.RequireString("id");
  if (!ca.id.empty() && !IsCatalogueId(ca.id)) {
    table.Fail("id", "is not an id: 1 to 64 of a-z, 0-9 and -");
  }
  ca.subject = table.RequireString("subject");
  if (ca.subject.size() > kMaxText || (!ca.subject.empty() && !absl::StrContains(ca.subject, "="))) {
    table.Fail("subject", "is not a name such as \"CN=Example CA,O=Example AB,C=SE\"");
  }
  ca.role =
      table.GetChoice("role", "issuing", {"root", "issuing"}) == "root" ? CaRole::kRoot : CaRole::kIssuing;
  ca.environment = table.GetChoice("environment", "production", {"production", "test"}) == "test"
                       ? CaEnvironment::kTest
                       : CaEnvironment::kProduction;
  ca.state = ReadState(table);
  ca.issues = ReadIssues(table);
  ca.issuer = ca.role == CaRole::kRoot ? table.GetString("issuer", ca.id) : table.RequireString("issuer");
  if (ca.role == CaRole::kRoot && ca.issuer != ca.id) table.Fail("issuer", "of a root is its own id");
  if (ca.role == CaRole::kIssuing && ca.issuer == ca.id) {
    table.Fail("issuer", "is the entry itself: only a root is (role = \"root\")");
  }
  ca.loa = ReadLoa(table, "unknown");
  ca.required = table.GetBool("required", false);
  ca.sha256 = ReadSha256(table, "sha256");
  ca.public_key_sha256 = ReadSha256(table, "public_key_sha256");
  ca.subject_key_id = table.GetString("subject_key_id", "");
  if (ca.subject_key_id.size() > 128 || ca.subject_key_id.size() % 2 != 0 ||
      !OnlyOf(ca.subject_key_id, "0123456789ABCDEF")) {
    table.Fail("subject_key_id", "is not a key identifier: upper-case hexadecimal digits, two a byte");
  }
  if (const std::optional<std::string> text = table.FindString("not_after")) {
    const absl::StatusOr<absl::Time> time = ParseTime(*text);
    if (time.ok()) {
      ca.not_after = *time;
    } else {
      table.Fail("not_after", std::string(time.status().message()));
    }
  }
  ca.ca_issuers_url = table.GetString("ca_issuers_url", "");
  if (!ca.ca_issuers_url.empty() &&
      (ca.ca_issuers_url.size() > kMaxText || (!absl::StartsWith(ca.ca_issuers_url, "http://") &&
                                               !absl::StartsWith(ca.ca_issuers_url, "https://")))) {
    table.Fail("ca_issuers_url", "is not an address: http:// or https://");
  }
  return {std::move(ca), table.Where()};
}

CataloguedPolicy ReadPolicy(ConfigTable table) {
  CataloguedPolicy policy;
  policy.oid = table.RequireString("oid");
  if (!policy.oid.empty() && !IsOid(policy.oid)) {
    table.Fail("oid", "is not an object identifier such as \"1.2.752.74.8.512\"");
  }
  policy.loa = ReadLoa(table, "unknown");
  if (table.Has("purpose")) {
    const std::string word =
        table.GetChoice("purpose", "other", {"authentication", "signature", "transport", "other"});
    policy.purpose = word == "authentication" ? Purpose::kAuthentication
                     : word == "signature"    ? Purpose::kSignature
                     : word == "transport"    ? Purpose::kTransport
                                              : Purpose::kOther;
  }
  policy.meaning = table.RequireString("meaning");
  return policy;
}

// One file's entries.
struct CatalogueText {
  std::string version;
  std::vector<PlacedCa> cas;
  std::vector<CataloguedPolicy> policies;
  std::vector<std::string> arcs;
  std::vector<std::string> hosts;
};

absl::StatusOr<CatalogueText> ReadText(std::string_view text, const std::string& name) {
  ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Parse(text, name));
  ConfigTable root = file.Root();
  root.CheckSchema(kCatalogueSchema);
  CatalogueText catalogue;
  catalogue.version = root.RequireString("version");
  if (catalogue.version.size() > kMaxId || CleanText(catalogue.version) != catalogue.version) {
    root.Fail("version", "is not a version: at most 64 printable characters");
  }
  catalogue.arcs = root.GetStrings("own_arcs");
  for (const std::string& arc : catalogue.arcs) {
    if (arc.empty() || arc.back() != '.' || !IsOid(std::string_view(arc).substr(0, arc.size() - 1))) {
      root.Fail("own_arcs", "has an arc that is not one: it ends with a dot, as \"1.2.752.74.8.\"");
    }
  }
  catalogue.hosts = root.GetStrings("hosts");
  for (const std::string& host : catalogue.hosts) {
    const absl::Status good = CheckHostEntry(host);
    if (!good.ok()) root.Fail("hosts", absl::StrCat("'hosts': ", good.message()));
  }
  for (ConfigTable& table : root.GetTables("ca")) {
    PlacedCa placed = ReadCa(table);
    for (const PlacedCa& other : catalogue.cas) {
      if (other.ca.id == placed.ca.id) table.Fail("id", absl::StrCat("is at ", other.where, " already"));
    }
    catalogue.cas.push_back(std::move(placed));
  }
  for (ConfigTable& table : root.GetTables("policy")) {
    CataloguedPolicy policy = ReadPolicy(table);
    for (const CataloguedPolicy& other : catalogue.policies) {
      if (other.oid == policy.oid) table.Fail("oid", "is in this file already");
    }
    catalogue.policies.push_back(std::move(policy));
  }
  RETURN_IF_ERROR(file.Finish());
  return catalogue;
}

void Overlay(CatalogueText& base, CatalogueText&& top) {
  base.version = std::move(top.version);
  for (PlacedCa& placed : top.cas) {
    const auto same = std::find_if(base.cas.begin(), base.cas.end(),
                                   [&](const PlacedCa& other) { return other.ca.id == placed.ca.id; });
    if (same == base.cas.end()) {
      base.cas.push_back(std::move(placed));
    } else {
      *same = std::move(placed);
    }
  }
  for (CataloguedPolicy& policy : top.policies) {
    const auto same = std::find_if(base.policies.begin(), base.policies.end(),
                                   [&](const CataloguedPolicy& other) { return other.oid == policy.oid; });
    if (same == base.policies.end()) {
      base.policies.push_back(std::move(policy));
    } else {
      *same = std::move(policy);
    }
  }
  const auto join = [](std::vector<std::string>& to, std::vector<std::string>& from) {
    for (std::string& text : from) {
      if (std::find(to.begin(), to.end(), text) == to.end()) to.push_back(std::move(text));
    }
  };
  join(base.arcs, top.arcs);
  join(base.hosts, top.hosts);
}

// What only holds between entries: issuers exist and lead to a root, and no
// fingerprint stands for two; and how many there are.
absl::Status CheckTogether(const CatalogueText& catalogue) {
  if (catalogue.cas.size() > kMaxEntries || catalogue.policies.size() > kMaxEntries) {
    return absl::InvalidArgumentError(
        absl::StrCat("the CA catalogue has ", catalogue.cas.size(), " [[ca]] and ", catalogue.policies.size(),
                     " [[policy]]; at most ", kMaxEntries, " of each are allowed"));
  }
  if (catalogue.hosts.size() > kMaxHosts) {
    return absl::InvalidArgumentError(absl::StrCat("the CA catalogue has ", catalogue.hosts.size(),
                                                   " 'hosts'; at most ", kMaxHosts, " are allowed"));
  }
  const auto find = [&](const std::string& id) {
    return std::find_if(catalogue.cas.begin(), catalogue.cas.end(),
                        [&](const PlacedCa& placed) { return placed.ca.id == id; });
  };
  for (const PlacedCa& placed : catalogue.cas) {
    const CataloguedCa* current = &placed.ca;
    int depth = 0;
    while (current->role != CaRole::kRoot) {
      const auto issuer = find(current->issuer);
      if (issuer == catalogue.cas.end()) {
        return absl::InvalidArgumentError(absl::StrCat(placed.where, ": issuer \"", current->issuer,
                                                       "\" of ca \"", current->id,
                                                       "\" is no entry; add a [[ca]] with that id"));
      }
      if (++depth > kMaxDepth) {
        return absl::InvalidArgumentError(absl::StrCat(placed.where, ": the issuers of ca \"", placed.ca.id,
                                                       "\" lead to no root within ", kMaxDepth, " steps"));
      }
      current = &issuer->ca;
    }
    for (const PlacedCa& other : catalogue.cas) {
      if (&other == &placed) break;
      if (!placed.ca.sha256.empty() && other.ca.sha256 == placed.ca.sha256) {
        return absl::InvalidArgumentError(absl::StrCat(placed.where, ": sha256 of ca \"", placed.ca.id,
                                                       "\" is that of \"", other.ca.id, "\" (", other.where,
                                                       "); use that id to change it"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CaCatalogue> CaCatalogue::Make(std::vector<NamedText> texts) {
  CatalogueText merged;
  std::string digest_input;
  for (const NamedText& text : texts) {
    ASSIGN_OR_RETURN(CatalogueText one, ReadText(text.text, text.name));
    Overlay(merged, std::move(one));
    absl::StrAppend(&digest_input, text.text.size(), "\n", text.text);
  }
  RETURN_IF_ERROR(CheckTogether(merged));
  CaCatalogue catalogue;
  for (PlacedCa& placed : merged.cas) catalogue.cas_.push_back(std::move(placed.ca));
  catalogue.policies_ = std::move(merged.policies);
  catalogue.arcs_ = std::move(merged.arcs);
  catalogue.hosts_ = std::move(merged.hosts);
  catalogue.version_ = absl::StrCat(merged.version, "+", Sha256Hex(AsBytes(digest_input)).substr(0, 8));
  catalogue.texts_ = std::move(texts);
  return catalogue;
}

const CaCatalogue& CaCatalogue::BuiltIn() {
  static const CaCatalogue& catalogue = *[] {
    absl::StatusOr<CaCatalogue> parsed = Parse(BuiltInCatalogueText(), "built-in catalogue");
    if (!parsed.ok()) {
      // A fault of the build: the tests parse the same text.
      std::fprintf(stderr, "%s\n", std::string(parsed.status().message()).c_str());
      std::abort();
    }
    return new CaCatalogue(*std::move(parsed));
  }();
  return catalogue;
}

absl::StatusOr<CaCatalogue> CaCatalogue::Load(const std::vector<std::string>& files) {
  std::vector<NamedText> texts = {{"built-in catalogue", std::string(BuiltInCatalogueText())}};
  for (const std::string& path : files) {
    ASSIGN_OR_RETURN(std::string text, ReadFile(path, kMaxCatalogueFile));
    texts.push_back({path, std::move(text)});
  }
  return Make(std::move(texts));
}

absl::StatusOr<CaCatalogue> CaCatalogue::Parse(std::string_view text, const std::string& name) {
  return Make({{name, std::string(text)}});
}

const CataloguedCa* CaCatalogue::FindById(std::string_view id) const {
  for (const CataloguedCa& ca : cas_) {
    if (ca.id == id) return &ca;
  }
  return nullptr;
}

const CataloguedCa* CaCatalogue::FindByFingerprint(std::string_view sha256) const {
  if (sha256.empty()) return nullptr;
  for (const CataloguedCa& ca : cas_) {
    if (ca.sha256 == sha256) return &ca;
  }
  return nullptr;
}

const CataloguedCa* CaCatalogue::FindBySubject(std::string_view subject) const {
  for (const CataloguedCa& ca : cas_) {
    if (ca.subject == subject) return &ca;
  }
  return nullptr;
}

const CataloguedPolicy* CaCatalogue::FindPolicy(std::string_view oid) const {
  for (const CataloguedPolicy& policy : policies_) {
    if (policy.oid == oid) return &policy;
  }
  return nullptr;
}

bool CaCatalogue::IsOwnArc(std::string_view oid) const {
  return std::any_of(arcs_.begin(), arcs_.end(), [&](const std::string& arc) {
    return oid.size() > arc.size() && oid.substr(0, arc.size()) == arc;
  });
}

}  // namespace kortvakt
