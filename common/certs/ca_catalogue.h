// The CA catalogue: which CAs exist and what they stand for. Data, not code: the
// shipped file (common/certs/data/siths.toml, also built in) and the operator's
// own, which adds and overrides by id.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/certs/certificate_facts.h"

namespace kortvakt {

enum class CaRole { kRoot, kIssuing };
enum class CaEnvironment { kProduction, kTest };
// kBlocked: distrusted by others (root programmes); no login chains to it.
enum class CaState { kCurrent, kRetired, kBlocked };
// Whose certificates it issues. kTransport: only to fetch real ones.
enum class CaIssues { kCas, kPersons, kFunctions, kMobile, kTransport };

struct CataloguedCa {
  std::string id;       // lower case, digits, "-": metric label, "siths-e-id-root-ca-v2"
  std::string subject;  // RFC 4514 string as CertificateFacts::subject has it
  CaRole role = CaRole::kIssuing;
  CaEnvironment environment = CaEnvironment::kProduction;
  CaState state = CaState::kCurrent;
  CaIssues issues = CaIssues::kPersons;
  std::string issuer;                   // id of the issuing CA; of a root its own
  Loa loa = Loa::kUnknown;              // of what it issues
  bool required = false;                // must be in the trust stores of its environment's workstations
  std::string sha256;                   // 64 lower-case hex; empty: not known
  std::string public_key_sha256;        // as CertificateFacts has it; empty: not known
  std::string subject_key_id;           // upper-case hex; empty: not known
  std::optional<absl::Time> not_after;  // absent: not known
  std::string ca_issuers_url;           // where it can be fetched; empty: not known
};

// What a certificate policy OID says.
struct CataloguedPolicy {
  std::string oid;  // dotted decimal
  Loa loa = Loa::kUnknown;
  std::optional<Purpose> purpose;  // set where the OID tells, e.g. transport
  std::string meaning;
};

class CaCatalogue {
 public:
  // The catalogue built into the program.
  static const CaCatalogue& BuiltIn();

  // Built-in entries with those of `files` on top, in order: an entry with a
  // known id (policy: OID) replaces it wholly. Errors: "FILE:LINE: what, what is
  // allowed", also for an issuer that no entry has.
  static absl::StatusOr<CaCatalogue> Load(const std::vector<std::string>& files);

  // From these texts only, in order, as Load does with files. What texts() gives makes
  // the same catalogue with the same version().
  struct NamedText {
    std::string name;  // for messages
    std::string text;
  };
  static absl::StatusOr<CaCatalogue> Make(std::vector<NamedText> texts);

  // From one text only, without the built-in entries; `name` for messages.
  static absl::StatusOr<CaCatalogue> Parse(std::string_view text, const std::string& name);

  // In the order of the files.
  const std::vector<CataloguedCa>& cas() const { return cas_; }
  const std::vector<CataloguedPolicy>& policies() const { return policies_; }
  // Hosts that an agent may ask about revocation and for CA certificates; entries as
  // CheckHostEntry (common/base/host_list.h) has them.
  const std::vector<std::string>& hosts() const { return hosts_; }
  // Version: the last file's `version`, "+", 8 hex digits of the contents' SHA-256.
  const std::string& version() const { return version_; }

  // What it was made from.
  const std::vector<NamedText>& texts() const { return texts_; }

  // Null: not catalogued.
  const CataloguedCa* FindById(std::string_view id) const;
  const CataloguedCa* FindByFingerprint(std::string_view sha256) const;
  const CataloguedCa* FindBySubject(std::string_view subject) const;
  const CataloguedPolicy* FindPolicy(std::string_view oid) const;
  // Catalogued policy OIDs share an arc ("1.2.752.74.8."); whether `oid` is under
  // an arc that the catalogue names as its own.
  bool IsOwnArc(std::string_view oid) const;

 private:
  std::vector<NamedText> texts_;
  std::vector<CataloguedCa> cas_;
  std::vector<CataloguedPolicy> policies_;
  std::vector<std::string> arcs_;
  std::vector<std::string> hosts_;
  std::string version_;
};

}  // namespace kortvakt
