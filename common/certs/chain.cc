#include "common/certs/chain.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status.h"
#include "common/certs/openssl_x509.h"
#include "common/certs/path_check.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxPaths = 8;
constexpr size_t kMaxPath = 8;  // SITHS has 2
// A CA that is renewed and cross-signed has a handful of certificates and keys; the
// bounds keep a store full of look-alikes from costing a signature check each.
constexpr size_t kMaxKeysTried = 64;     // for one certificate
constexpr size_t kMaxIssuers = 16;       // of one certificate
constexpr size_t kMaxKeysASearch = 256;  // for all certificates of a search
constexpr size_t kMaxSteps = 256;        // certificates whose issuers are followed
constexpr size_t kMaxVerified = 32;      // ways

struct PooledCertificate {
  Bytes der;
  std::string sha256;
  std::string key;  // SHA-256 of the public key
  bool may_issue = false;
  X509Ptr decoded;
};

// From a certificate's issuer upwards.
using Way = std::vector<const PooledCertificate*>;

std::string KeyOf(const X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  std::string key = size > 0 ? Sha256Hex({der, static_cast<size_t>(size)}) : "";
  OPENSSL_free(der);
  return key;
}

bool IsSelfIssued(const X509* certificate) {
  return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
}

// One thing that was found out in this fill of the pool or the one before; what
// neither asked for is forgotten.
template <typename Value>
class Memory {
 public:
  void Renew() {
    before_ = std::move(now_);
    now_.clear();
  }
  void Clear() {
    now_.clear();
    before_.clear();
  }
  // Null: not known.
  Value* Find(const std::string& key) {
    if (const auto found = now_.find(key); found != now_.end()) return &found->second;
    const auto before = before_.find(key);
    if (before == before_.end()) return nullptr;
    Value& moved = now_.emplace(key, std::move(before->second)).first->second;
    before_.erase(before);
    return &moved;
  }
  Value& Put(const std::string& key, Value value) {
    return now_.emplace(key, std::move(value)).first->second;
  }

 private:
  std::unordered_map<std::string, Value> now_;
  std::unordered_map<std::string, Value> before_;
};

}  // namespace

struct CertificatePool::Impl {
  // A certificate whose issuers are sought, in the pool or not.
  struct Subject {
    X509* decoded;
    std::string sha256;
  };
  struct Issuers {
    std::vector<const PooledCertificate*> found;  // those that end last in front
    size_t keys_tried = 0;
  };

  Memory<std::shared_ptr<PooledCertificate>> decoded;  // by fingerprint
  Memory<bool> signatures;                             // by fingerprint and key of the issuer
  // Answers, by fingerprint; of another pool they would be others.
  Memory<std::vector<CertificatePath>> known_paths;
  Memory<std::string> known_issuers;
  std::unordered_map<std::string, const PooledCertificate*> by_fingerprint;
  // By hash of the canonical subject name; names of one hash are compared.
  std::multimap<unsigned long, const PooledCertificate*> by_subject;
  std::string contents;         // digest of what was added, in order
  std::string contents_before;  // the same before Renew
  bool settled = false;         // whether the remembered answers are known to be of these contents
  Work work;

  static unsigned long NameKey(const X509_NAME* name) {
    int ok = 0;
    return X509_NAME_hash_ex(name, nullptr, nullptr, &ok);
  }

  // Forgets the answers of another pool.
  void Settle() {
    if (settled) return;
    settled = true;
    if (contents == contents_before) return;
    contents_before = contents;
    known_paths.Clear();
    known_issuers.Clear();
  }

  absl::StatusOr<const PooledCertificate*> Decode(ByteView der, std::string sha256) {
    if (const auto* known = decoded.Find(sha256)) return known->get();
    ++work.decoded;
    ASSIGN_OR_RETURN(X509Ptr certificate, DecodeCertificate(der));
    const ErrorQueueScope errors;
    auto pooled = std::make_shared<PooledCertificate>();
    pooled->der = Bytes(der.begin(), der.end());
    pooled->key = KeyOf(certificate.get());
    pooled->may_issue = X509_check_ca(certificate.get()) != 0;  // 0: may not, or a broken extension
    pooled->decoded = std::move(certificate);
    pooled->sha256 = std::move(sha256);
    const std::string& key = pooled->sha256;
    return decoded.Put(key, pooled).get();
  }

  bool HasSigned(const PooledCertificate& issuer, const Subject& subject) {
    const std::string key = absl::StrCat(subject.sha256, issuer.key);
    if (const bool* known = signatures.Find(key)) return *known;
    ++work.verified;
    EVP_PKEY* public_key = X509_get0_pubkey(issuer.decoded.get());
    return signatures.Put(key, public_key != nullptr && X509_verify(subject.decoded, public_key) == 1);
  }

  Issuers IssuersOf(const Subject& subject) {
    Issuers issuers;
    std::set<std::string> tried;
    const X509_NAME* name = X509_get_issuer_name(subject.decoded);
    const auto [first, last] = by_subject.equal_range(NameKey(name));
    for (auto entry = first; entry != last; ++entry) {
      const PooledCertificate& candidate = *entry->second;
      if (X509_NAME_cmp(X509_get_subject_name(candidate.decoded.get()), name) != 0) continue;
      if (!MayHaveIssued(candidate.decoded.get(), subject.decoded)) continue;
      if (tried.count(candidate.key) == 0 && tried.size() == kMaxKeysTried) continue;
      tried.insert(candidate.key);
      if (HasSigned(candidate, subject)) issuers.found.push_back(&candidate);
    }
    issuers.keys_tried = tried.size();
    std::sort(issuers.found.begin(), issuers.found.end(),
              [](const PooledCertificate* a, const PooledCertificate* b) { return EndsLater(*a, *b); });
    if (issuers.found.size() > kMaxIssuers) issuers.found.resize(kMaxIssuers);
    return issuers;
  }

  // `subject` itself where it is in the pool and has signed itself; else null.
  const PooledCertificate* AsRoot(const Subject& subject) {
    const auto self = by_fingerprint.find(subject.sha256);
    if (self == by_fingerprint.end() || !IsSelfIssued(subject.decoded)) return nullptr;
    if (!MayHaveIssued(subject.decoded, subject.decoded)) return nullptr;
    return HasSigned(*self->second, subject) ? self->second : nullptr;
  }

  // By notAfter; of equal ones the smaller fingerprint, so that the answer does
  // not depend on the order in which they came.
  static bool EndsLater(const PooledCertificate& a, const PooledCertificate& b) {
    const int order =
        ASN1_TIME_compare(X509_get0_notAfter(a.decoded.get()), X509_get0_notAfter(b.decoded.get()));
    return order != 0 ? order > 0 : a.sha256 < b.sha256;
  }

  // By where they end.
  struct Ways {
    std::vector<Way> to_a_root;
    std::vector<Way> unfinished;  // no issuer here
    std::vector<Way> circles;     // every issuer is on the way already
  };

  // The one of `way` that ends first.
  static const PooledCertificate& FirstToEnd(const Way& way) {
    return **std::min_element(way.begin(), way.end(),
                              [](const auto* a, const auto* b) { return EndsLater(*b, *a); });
  }
  // Shortest first; of one length those that last longest, so that a CA's ended certificates do
  // not keep out the one that is in use.
  static void Sort(std::vector<Way>& ways) {
    std::stable_sort(ways.begin(), ways.end(), [](const Way& a, const Way& b) {
      return a.size() != b.size() ? a.size() < b.size() : EndsLater(FirstToEnd(a), FirstToEnd(b));
    });
  }
  Ways Explore(const Subject& subject);
  std::vector<CertificatePath> Search(const Subject& subject);
};

namespace {

// Whether `way` has the CA of `certificate`: its name and key.
bool Meets(const Way& way, const PooledCertificate& certificate) {
  return std::any_of(way.begin(), way.end(), [&](const PooledCertificate* one) {
    return one == &certificate || (one->key == certificate.key &&
                                   X509_NAME_cmp(X509_get_subject_name(one->decoded.get()),
                                                 X509_get_subject_name(certificate.decoded.get())) == 0);
  });
}

bool Holds(X509* certificate, const Way& way) {
  std::vector<X509*> path;
  for (const PooledCertificate* one : way) path.push_back(one->decoded.get());
  return PathHolds(certificate, path);
}

CertificatePath FingerprintsOf(const Way& way) {
  CertificatePath path;
  for (const PooledCertificate* one : way) path.push_back(one->sha256);
  return path;
}

}  // namespace

// Breadth first, so that the shortest come first and a mesh of CAs that sign each other
// cannot hide them.
CertificatePool::Impl::Ways CertificatePool::Impl::Explore(const Subject& subject) {
  Ways ways;
  std::unordered_map<std::string, Issuers> issuers;  // by fingerprint
  std::deque<Way> open = {{}};
  size_t keys = 0;
  for (size_t steps = 0; !open.empty() && steps < kMaxSteps; ++steps) {
    const Way way = std::move(open.front());
    open.pop_front();
    const Subject top = way.empty() ? subject : Subject{way.back()->decoded.get(), way.back()->sha256};
    if (!way.empty() && AsRoot(top) != nullptr) {
      ways.to_a_root.push_back(way);
      continue;
    }
    if (issuers.count(top.sha256) == 0) {
      if (keys >= kMaxKeysASearch) continue;
      keys += (issuers[top.sha256] = IssuersOf(top)).keys_tried;
    }
    const std::vector<const PooledCertificate*>& found = issuers[top.sha256].found;
    bool goes_on = false;
    for (const PooledCertificate* issuer : found) {
      if (Meets(way, *issuer)) continue;
      goes_on = true;
      if (way.size() == kMaxPath) continue;
      Way longer = way;
      longer.push_back(issuer);
      open.push_back(std::move(longer));
    }
    if (!goes_on && !way.empty()) (found.empty() ? ways.unfinished : ways.circles).push_back(way);
  }
  return ways;
}

std::vector<CertificatePath> CertificatePool::Impl::Search(const Subject& subject) {
  std::vector<CertificatePath> paths;
  if (IsSelfIssued(subject.decoded) && X509_self_signed(subject.decoded, /*verify_signature=*/1) == 1)
    return paths;
  Ways ways = Explore(subject);
  size_t verified = 0;
  const auto take = [&](std::vector<Way>& candidates) {
    Impl::Sort(candidates);
    for (const Way& way : candidates) {
      if (paths.size() == kMaxPaths || verified == kMaxVerified) return;
      ++verified;
      ++work.verified;
      if (Holds(subject.decoded, way)) paths.push_back(FingerprintsOf(way));
    }
  };
  take(ways.to_a_root);
  take(ways.unfinished);
  // CAs that have only each other: better than to say that there is no issuer.
  if (paths.empty()) take(ways.circles);
  return paths;
}

CertificatePool::CertificatePool() : impl_(std::make_unique<Impl>()) {}
CertificatePool::~CertificatePool() = default;
CertificatePool::CertificatePool(CertificatePool&&) noexcept = default;
CertificatePool& CertificatePool::operator=(CertificatePool&&) noexcept = default;

void CertificatePool::Renew() {
  impl_->decoded.Renew();
  impl_->signatures.Renew();
  impl_->known_paths.Renew();
  impl_->known_issuers.Renew();
  impl_->by_fingerprint.clear();
  impl_->by_subject.clear();
  impl_->contents_before = std::move(impl_->contents);
  impl_->contents.clear();
  impl_->settled = false;
}

absl::Status CertificatePool::Add(ByteView der) {
  std::string sha256 = Sha256Hex(der);
  if (impl_->by_fingerprint.count(sha256) > 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const PooledCertificate* added, impl_->Decode(der, std::move(sha256)));
  if (!added->may_issue) return absl::OkStatus();
  const ErrorQueueScope errors;
  impl_->by_fingerprint.emplace(added->sha256, added);
  impl_->by_subject.emplace(Impl::NameKey(X509_get_subject_name(added->decoded.get())), added);
  impl_->contents = Sha256Hex(AsBytes(absl::StrCat(impl_->contents, added->sha256)));
  impl_->settled = false;
  return absl::OkStatus();
}

std::string CertificatePool::FindIssuer(ByteView der) const {
  const auto certificate = impl_->Decode(der, Sha256Hex(der));
  if (!certificate.ok()) return "";
  impl_->Settle();
  const std::string& sha256 = (*certificate)->sha256;
  if (const std::string* known = impl_->known_issuers.Find(sha256)) return *known;
  const ErrorQueueScope errors;
  const Impl::Subject subject{(*certificate)->decoded.get(), sha256};
  // A root finds itself, also when a twin with the same key ends later.
  const PooledCertificate* best = impl_->AsRoot(subject);
  const bool is_root = best != nullptr;
  for (const PooledCertificate* issuer : is_root ? Way() : impl_->IssuersOf(subject).found) {
    if (best == nullptr || Impl::EndsLater(*issuer, *best)) best = issuer;
  }
  return impl_->known_issuers.Put(sha256, best == nullptr ? "" : best->sha256);
}

std::vector<CertificatePath> CertificatePool::FindPaths(ByteView der) const {
  const auto certificate = impl_->Decode(der, Sha256Hex(der));
  if (!certificate.ok()) return {};
  impl_->Settle();
  const std::string& sha256 = (*certificate)->sha256;
  if (const auto* known = impl_->known_paths.Find(sha256)) return *known;
  const ErrorQueueScope errors;
  return impl_->known_paths.Put(sha256, impl_->Search({(*certificate)->decoded.get(), sha256}));
}

ByteView CertificatePool::Find(std::string_view sha256) const {
  const auto found = impl_->by_fingerprint.find(std::string(sha256));
  return found == impl_->by_fingerprint.end() ? ByteView() : ByteView(found->second->der);
}

const CertificatePool::Work& CertificatePool::work() const { return impl_->work; }

}  // namespace kortvakt
