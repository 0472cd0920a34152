#include "common/certs/ca_catalogue.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>

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
constexpr size_t kMaxEntries = 1000;  // SITHS has 20 CAs
constexpr size_t kMaxArcs = 64;       // SITHS has one
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

// One line that can be shown: what foreign input becomes, it is already.
bool IsLine(const std::string& text) { return CleanText(text, kMaxText) == text; }

// RFC 3986, section 2: an address has no spaces, and what is not ASCII is encoded.
bool IsHttpUrl(const std::string& text) {
  return text.size() <= kMaxText &&
         (absl::StartsWith(text, "http://") || absl::StartsWith(text, "https://")) &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
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
    table.Fail("id", "'id' is not an id: 1 to 64 of a-z, 0-9 and -");
  }
  ca.subject = table.RequireString("subject");
  if (!ca.subject.empty() && (!IsLine(ca.subject) || !absl::StrContains(ca.subject, "="))) {
    table.Fail("subject", "'subject' is not a name such as \"CN=Example CA,O=Example AB,C=SE\"");
  }
  ca.role =
      table.GetChoice("role", "issuing", {"root", "issuing"}) == "root" ? CaRole::kRoot : CaRole::kIssuing;
  ca.environment = table.GetChoice("environment", "production", {"production", "test"}) == "test"
                       ? CaEnvironment::kTest
                       : CaEnvironment::kProduction;
  ca.state = ReadState(table);
  ca.issues = ReadIssues(table);
  ca.issuer = ca.role == CaRole::kRoot ? table.GetString("issuer", ca.id) : table.RequireString("issuer");
  if (ca.role == CaRole::kRoot && ca.issuer != ca.id)
    table.Fail("issuer", "'issuer' of a root is its own id");
  if (ca.role == CaRole::kIssuing && ca.issuer == ca.id) {
    table.Fail("issuer", "'issuer' is the entry itself: only a root is (role = \"root\")");
  }
  ca.loa = ReadLoa(table, "unknown");
  ca.required = table.GetBool("required", false);
  ca.sha256 = ReadSha256(table, "sha256");
  ca.public_key_sha256 = ReadSha256(table, "public_key_sha256");
  ca.subject_key_id = table.GetString("subject_key_id", "");
  if (ca.subject_key_id.size() > 128 || ca.subject_key_id.size() % 2 != 0 ||
      !OnlyOf(ca.subject_key_id, "0123456789ABCDEF")) {
    table.Fail("subject_key_id",
               "'subject_key_id' is not a key identifier: upper-case hexadecimal digits, two a byte");
  }
  if (const std::optional<std::string> text = table.FindString("not_after")) {
    const absl::StatusOr<absl::Time> time = ParseTime(*text);
    if (time.ok()) {
      ca.not_after = *time;
    } else {
      table.Fail("not_after", absl::StrCat("'not_after': ", CleanText(std::string(time.status().message()))));
    }
  }
  ca.ca_issuers_url = table.GetString("ca_issuers_url", "");
  if (!ca.ca_issuers_url.empty() && !IsHttpUrl(ca.ca_issuers_url)) {
    table.Fail("ca_issuers_url",
               absl::StrCat("'ca_issuers_url' is not an address: http:// or https://, at most ", kMaxText,
                            " printable characters without spaces"));
  }
  return {std::move(ca), table.Where()};
}

CataloguedPolicy ReadPolicy(ConfigTable table) {
  CataloguedPolicy policy;
  policy.oid = table.RequireString("oid");
  if (!policy.oid.empty() && !IsOid(policy.oid)) {
    table.Fail("oid", "'oid' is not an object identifier such as \"1.2.752.74.8.512\"");
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
  if (!IsLine(policy.meaning)) {
    table.Fail("meaning", absl::StrCat("'meaning' must be one line of at most ", kMaxText, " bytes"));
  }
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

// Whether `count` of `key` are at most `max`; else that is an error of the file, and the
// entries are not to be looked at.
bool IsFew(ConfigTable& root, const char* key, size_t count, size_t max) {
  if (count <= max) return true;
  root.Fail(key, absl::StrCat("'", key, "' has ", count, " entries; at most ", max, " are allowed"));
  return false;
}

std::vector<std::string> ReadArcs(ConfigTable& root) {
  std::vector<std::string> arcs = root.GetStrings("own_arcs");
  if (!IsFew(root, "own_arcs", arcs.size(), kMaxArcs)) return {};
  for (const std::string& arc : arcs) {
    if (arc.empty() || arc.back() != '.' || !IsOid(std::string_view(arc).substr(0, arc.size() - 1))) {
      root.Fail("own_arcs",
                "'own_arcs' has an arc that is not one: it ends with a dot, as \"1.2.752.74.8.\"");
    }
  }
  return arcs;
}

std::vector<std::string> ReadHosts(ConfigTable& root) {
  std::vector<std::string> hosts = root.GetStrings("hosts");
  if (!IsFew(root, "hosts", hosts.size(), kMaxHosts)) return {};
  for (const std::string& host : hosts) {
    const absl::Status good = CheckHostEntry(host);
    if (!good.ok()) root.Fail("hosts", absl::StrCat("'hosts': ", good.message()));
  }
  return hosts;
}

std::vector<PlacedCa> ReadCas(ConfigTable& root) {
  std::vector<PlacedCa> cas;
  std::vector<ConfigTable> tables = root.GetTables("ca");
  if (!IsFew(root, "ca", tables.size(), kMaxEntries)) return cas;
  std::unordered_map<std::string, std::string> where;  // by id
  for (ConfigTable& table : tables) {
    PlacedCa placed = ReadCa(table);
    const auto [first, is_new] = where.try_emplace(placed.ca.id, placed.where);
    if (!is_new) table.Fail("id", absl::StrCat("'id' is at ", first->second, " already"));
    cas.push_back(std::move(placed));
  }
  return cas;
}

std::vector<CataloguedPolicy> ReadPolicies(ConfigTable& root) {
  std::vector<CataloguedPolicy> policies;
  std::vector<ConfigTable> tables = root.GetTables("policy");
  if (!IsFew(root, "policy", tables.size(), kMaxEntries)) return policies;
  std::unordered_map<std::string, std::string> where;  // by OID
  for (ConfigTable& table : tables) {
    CataloguedPolicy policy = ReadPolicy(table);
    const auto [first, is_new] = where.try_emplace(policy.oid, table.Where());
    if (!is_new) table.Fail("oid", absl::StrCat("'oid' is at ", first->second, " already"));
    policies.push_back(std::move(policy));
  }
  return policies;
}

absl::StatusOr<CatalogueText> ReadText(std::string_view text, const std::string& name) {
  ASSIGN_OR_RETURN(ConfigFile file, ConfigFile::Parse(text, name));
  ConfigTable root = file.Root();
  root.CheckSchema(kCatalogueSchema);
  CatalogueText catalogue;
  catalogue.version = root.RequireString("version");
  if (catalogue.version.size() > kMaxId || CleanText(catalogue.version) != catalogue.version) {
    root.Fail("version", "'version' is not a version: at most 64 printable characters");
  }
  catalogue.arcs = ReadArcs(root);
  catalogue.hosts = ReadHosts(root);
  catalogue.cas = ReadCas(root);
  catalogue.policies = ReadPolicies(root);
  RETURN_IF_ERROR(file.Finish());
  return catalogue;
}

// `from` on top of `to`: what has the same `id` is replaced, what is new comes behind.
template <typename Entry, typename IdOf>
void Lay(std::vector<Entry>& to, std::vector<Entry>& from, const IdOf& id) {
  std::unordered_map<std::string, size_t> places;
  for (size_t i = 0; i < to.size(); ++i) places.emplace(id(to[i]), i);
  for (Entry& entry : from) {
    const auto [place, is_new] = places.try_emplace(id(entry), to.size());
    if (is_new) {
      to.push_back(std::move(entry));
    } else {
      to[place->second] = std::move(entry);
    }
  }
}

void Overlay(CatalogueText& base, CatalogueText&& top) {
  base.version = std::move(top.version);
  Lay(base.cas, top.cas, [](const PlacedCa& placed) { return placed.ca.id; });
  Lay(base.policies, top.policies, [](const CataloguedPolicy& policy) { return policy.oid; });
  const auto itself = [](const std::string& text) { return text; };
  Lay(base.arcs, top.arcs, itself);
  Lay(base.hosts, top.hosts, itself);
}

absl::Status CheckCounts(const CatalogueText& catalogue) {
  const struct {
    const char* what;
    size_t count;
    size_t max;
  } counts[] = {{"[[ca]]", catalogue.cas.size(), kMaxEntries},
                {"[[policy]]", catalogue.policies.size(), kMaxEntries},
                {"'own_arcs'", catalogue.arcs.size(), kMaxArcs},
                {"'hosts'", catalogue.hosts.size(), kMaxHosts}};
  for (const auto& [what, count, max] : counts) {
    if (count <= max) continue;
    return absl::InvalidArgumentError(absl::StrCat("the files of the CA catalogue have ", count, " ", what,
                                                   " together; at most ", max, " are allowed"));
  }
  return absl::OkStatus();
}

// What only holds between entries: issuers exist and lead to a root, and no
// fingerprint stands for two.
absl::Status CheckTogether(const CatalogueText& catalogue) {
  std::unordered_map<std::string_view, const PlacedCa*> by_id;
  std::unordered_map<std::string_view, const PlacedCa*> by_sha256;
  for (const PlacedCa& placed : catalogue.cas) by_id.emplace(placed.ca.id, &placed);
  for (const PlacedCa& placed : catalogue.cas) {
    const CataloguedCa* current = &placed.ca;
    int depth = 0;
    while (current->role != CaRole::kRoot) {
      const auto issuer = by_id.find(current->issuer);
      if (issuer == by_id.end()) {
        return absl::InvalidArgumentError(absl::StrCat(placed.where, ": 'issuer' of ca \"", current->id,
                                                       "\" is \"", CleanText(current->issuer, kMaxId),
                                                       "\", which is no entry; add a [[ca]] with that id"));
      }
      if (++depth > kMaxDepth) {
        return absl::InvalidArgumentError(absl::StrCat(placed.where, ": the issuers of ca \"", placed.ca.id,
                                                       "\" lead to no root within ", kMaxDepth, " steps"));
      }
      current = &issuer->second->ca;
    }
    if (placed.ca.sha256.empty()) continue;
    const auto [other, is_new] = by_sha256.emplace(placed.ca.sha256, &placed);
    if (!is_new) {
      return absl::InvalidArgumentError(absl::StrCat(placed.where, ": 'sha256' of ca \"", placed.ca.id,
                                                     "\" is that of \"", other->second->ca.id, "\" (",
                                                     other->second->where, "); use that id to change it"));
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
    RETURN_IF_ERROR(CheckCounts(merged));
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
