#include "agent/probe/chain_ways.h"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

namespace kortvakt {
namespace {

constexpr size_t kMaxWays = 32;
constexpr size_t kMaxLength = 20;
// Pairs of certificates looked at: 100 KiB, what OpenSSL takes of a server, may hold some
// hundred certificates of one name.
constexpr int kMaxSteps = 20'000;

using StorePtr = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;

// sk_X509_free is a macro.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); }
};
// Certificates owned elsewhere.
using StackPtr = std::unique_ptr<STACK_OF(X509), FreeStack>;

// By names and key identifiers. That the issuer may be no CA is for VerifyWay to say.
bool MayHaveIssued(X509* issuer, X509* certificate) {
  const int told = X509_check_issued(issuer, certificate);
  return told == X509_V_OK || told == X509_V_ERR_KEYUSAGE_NO_CERTSIGN;
}

class Search {
 public:
  explicit Search(const std::vector<WayPoint>& points) : points_(points) {
    // Ends first: they are found whatever else there is.
    for (const bool end : {true, false}) {
      for (size_t i = 0; i < points.size(); ++i) {
        if (points[i].end == end) by_subject_[X509_subject_name_hash(points[i].certificate)].push_back(i);
      }
    }
  }

  std::vector<Way> Ways() {
    if (!points_.empty()) Climb({0});
    return std::move(ways_);
  }

  // The longest way among those that lead to a self-signed one; else the longest there is.
  Way Longest() {
    if (!points_.empty()) Climb({0});
    const std::vector<Way>& from = ways_.empty() ? dead_ends_ : ways_;
    const auto longest = std::max_element(from.begin(), from.end(),
                                          [](const Way& a, const Way& b) { return a.size() < b.size(); });
    return longest == from.end() ? Way{0} : *longest;
  }

 private:
  void Climb(const Way& way) {
    const WayPoint& top = points_[way.back()];
    if (top.end) {
      ways_.push_back(way);
      return;
    }
    bool further = false;
    const auto candidates = by_subject_.find(X509_issuer_name_hash(top.certificate));
    if (candidates != by_subject_.end() && way.size() < kMaxLength) {
      for (const size_t candidate : candidates->second) {
        if (ways_.size() >= kMaxWays || dead_ends_.size() >= kMaxWays || ++steps_ > kMaxSteps) return;
        if (std::find(way.begin(), way.end(), candidate) != way.end()) continue;
        if (!Issued(candidate, way.back())) continue;
        further = true;
        Way longer = way;
        longer.push_back(candidate);
        Climb(longer);
      }
    }
    if (!further) dead_ends_.push_back(way);
  }

  bool Issued(size_t issuer, size_t subject) {
    const auto [known, is_new] = issued_.try_emplace({issuer, subject}, false);
    if (!is_new) return known->second;
    X509* by = points_[issuer].certificate;
    X509* certificate = points_[subject].certificate;
    known->second = points_[issuer].sent ? MayHaveIssued(by, certificate) : HasIssued(by, certificate);
    return known->second;
  }

  const std::vector<WayPoint>& points_;
  std::map<unsigned long, std::vector<size_t>> by_subject_;
  std::map<std::pair<size_t, size_t>, bool> issued_;
  std::vector<Way> ways_;
  std::vector<Way> dead_ends_;
  int steps_ = 0;
};

// The server's own purpose is judged by its facts, in words of its own.
int IgnoreOwnPurpose(int ok, X509_STORE_CTX* context) {
  if (ok == 1 || X509_STORE_CTX_get_error(context) != X509_V_ERR_INVALID_PURPOSE ||
      X509_STORE_CTX_get_error_depth(context) != 0) {
    return ok;
  }
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return 1;
}

}  // namespace

std::vector<Way> WaysUp(const std::vector<WayPoint>& points) { return Search(points).Ways(); }

int VerifyWay(const std::vector<WayPoint>& points, const Way& way) {
  const StorePtr store(X509_STORE_new());
  const StackPtr untrusted(sk_X509_new_null());
  const StoreContextPtr context(X509_STORE_CTX_new());
  for (const size_t point : way) sk_X509_push(untrusted.get(), points[point].certificate);
  if (store == nullptr || context == nullptr ||
      X509_STORE_add_cert(store.get(), points[way.back()].certificate) != 1 ||
      X509_STORE_CTX_init(context.get(), store.get(), points[way.front()].certificate, untrusted.get()) !=
          1) {
    return X509_V_ERR_OUT_OF_MEM;
  }
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(
      parameters, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(kMaxLength));
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
  // SHA-1 and short keys are told by themselves.
  X509_VERIFY_PARAM_set_auth_level(parameters, 0);
  X509_STORE_CTX_set_verify_cb(context.get(), IgnoreOwnPurpose);
  return X509_verify_cert(context.get()) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context.get());
}

Way SentWay(std::vector<WayPoint> sent) {
  for (WayPoint& point : sent) point.end = IsSelfSigned(point.certificate);
  return Search(sent).Longest();
}

bool IsSelfSigned(X509* certificate) { return X509_self_signed(certificate, 0) == 1; }

bool HasIssued(X509* issuer, X509* certificate) {
  return MayHaveIssued(issuer, certificate) && X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
}

}  // namespace kortvakt
