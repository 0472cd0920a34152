#include "common/judge/judgement.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/judge/judgement_proto.h"

namespace kortvakt {

absl::StatusOr<Judgement> LoadJudgement(const Policy& policy, const std::vector<std::string>& files) {
  ASSIGN_OR_RETURN(CaCatalogue catalogue, CaCatalogue::Load(files));
  RETURN_IF_ERROR(CheckPolicy(policy, catalogue));
  Judgement judgement{policy, std::make_shared<const CaCatalogue>(std::move(catalogue))};
  const v1::Judgement served = JudgementToProto(judgement);
  const size_t size = served.ByteSizeLong();
  if (size > kMaxJudgementBytes || judgement.catalogue->texts().size() > kMaxCatalogueTexts) {
    return absl::InvalidArgumentError(absl::StrCat(
        "[policy] and ", judgement.catalogue->texts().size(), " catalogue files have ", size,
        " bytes together; agents are given at most ", kMaxJudgementBytes, " bytes in ", kMaxCatalogueTexts,
        " files, the built-in one counted: leave out of [catalogue] files what no workstation meets"));
  }
  // Should what is read here ever not be read there, it is told where it can be mended.
  RETURN_IF_ERROR(Annotate(JudgementFromProto(served, nullptr).status(),
                           "[policy] and [catalogue] cannot be given to agents"));
  return judgement;
}

}  // namespace kortvakt
