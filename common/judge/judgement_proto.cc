#include "common/judge/judgement_proto.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/bytes.h"
#include "common/base/status.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxName = 256;
constexpr size_t kMaxVersion = 128;

absl::Status WrongVersion(const char* what, const std::string& named, const std::string& actual) {
  return absl::InvalidArgumentError(absl::StrCat("the ", what, " is called version '",
                                                 CleanText(named, kMaxVersion),
                                                 "', but its text is that of '", actual, "'"));
}

absl::StatusOr<Policy> PolicyOf(const v1::Judgement& proto, const Judgement* have) {
  if (!proto.has_policy() && have == nullptr) return absl::InvalidArgumentError("the policy is missing");
  Policy policy;
  if (proto.has_policy()) {
    ASSIGN_OR_RETURN(policy, ParsePolicy(proto.policy(), "policy"));
  } else {
    policy = have->policy;
  }
  if (const std::string version = PolicyVersion(policy); version != proto.policy_version()) {
    return WrongVersion("policy", proto.policy_version(), version);
  }
  return policy;
}

absl::StatusOr<std::shared_ptr<const CaCatalogue>> CatalogueOf(const v1::Judgement& proto,
                                                               const Judgement* have) {
  if (proto.catalogue().empty() && have == nullptr) {
    return absl::InvalidArgumentError("the CA catalogue is missing");
  }
  std::shared_ptr<const CaCatalogue> catalogue;
  if (proto.catalogue().empty()) {
    catalogue = have->catalogue;
  } else {
    if (proto.catalogue_size() > static_cast<int>(kMaxCatalogueTexts)) {
      return absl::InvalidArgumentError(
          absl::StrCat("the CA catalogue has more than ", kMaxCatalogueTexts, " texts"));
    }
    std::vector<CaCatalogue::NamedText> texts;
    for (const v1::CatalogueText& text : proto.catalogue()) {
      texts.push_back({CleanText(text.name(), kMaxName), text.text()});
    }
    ASSIGN_OR_RETURN(CaCatalogue made, CaCatalogue::Make(std::move(texts)));
    catalogue = std::make_shared<const CaCatalogue>(std::move(made));
  }
  if (catalogue->version() != proto.catalogue_version()) {
    return WrongVersion("CA catalogue", proto.catalogue_version(), catalogue->version());
  }
  return catalogue;
}

}  // namespace

v1::Judgement JudgementToProto(const Judgement& judgement) {
  v1::Judgement proto;
  proto.set_policy_version(PolicyVersion(judgement.policy));
  proto.set_policy(judgement.policy.text);
  proto.set_catalogue_version(judgement.catalogue->version());
  for (const CaCatalogue::NamedText& text : judgement.catalogue->texts()) {
    v1::CatalogueText& out = *proto.add_catalogue();
    out.set_name(CleanText(text.name, kMaxName));
    out.set_text(text.text);
  }
  return proto;
}

absl::StatusOr<Judgement> JudgementFromProto(const v1::Judgement& proto, const Judgement* have) {
  if (const size_t size = proto.ByteSizeLong(); size > kMaxJudgementBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("policy and CA catalogue have ", size, " bytes; at most ", kMaxJudgementBytes));
  }
  ASSIGN_OR_RETURN(Policy policy, PolicyOf(proto, have));
  ASSIGN_OR_RETURN(std::shared_ptr<const CaCatalogue> catalogue, CatalogueOf(proto, have));
  RETURN_IF_ERROR(CheckPolicy(policy, *catalogue));
  return Judgement{std::move(policy), std::move(catalogue)};
}

}  // namespace kortvakt
