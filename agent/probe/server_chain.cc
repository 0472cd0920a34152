#include "agent/probe/server_chain.h"

#include <arpa/inet.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>

#include "common/certs/certificate_facts.h"
#include "common/certs/name_text.h"
#include "common/certs/openssl_x509.h"

namespace kortvakt {
namespace {

constexpr size_t kMaxNames = 16;
constexpr size_t kMaxNameBytes = 253;  // RFC 1035, 2.3.4
constexpr int kMaxDepth = 10;

using StorePtr = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;

// sk_X509_free is a macro.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); }
};
// Certificates owned elsewhere.
using StackPtr = std::unique_ptr<STACK_OF(X509), FreeStack>;

std::vector<X509Ptr> Decode(const std::vector<Bytes>& sent) {
  std::vector<X509Ptr> certificates;
  for (const Bytes& der : sent) {
    if (absl::StatusOr<X509Ptr> certificate = DecodeCertificate(der); certificate.ok()) {
      certificates.push_back(*std::move(certificate));
    }
  }
  return certificates;
}

std::vector<std::string> NamesOf(const X509* certificate) {
  std::vector<std::string> names;
  const auto list = FindExtension<GENERAL_NAMES, GENERAL_NAMES_free>(certificate, NID_subject_alt_name);
  const int count = list == nullptr ? 0 : sk_GENERAL_NAME_num(list.get());
  for (int i = 0; i < count && names.size() < kMaxNames; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list.get(), i);
    if (name->type == GEN_DNS) {
      const ASN1_STRING* text = name->d.dNSName;
      names.push_back(
          MaskIdentityNumbers(CleanText({reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                         static_cast<size_t>(ASN1_STRING_length(text))},
                                        kMaxNameBytes)));
    } else if (name->type == GEN_IPADD) {
      const int size = ASN1_STRING_length(name->d.iPAddress);
      if (size != 4 && size != 16) continue;
      std::array<char, INET6_ADDRSTRLEN> text{};
      inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name->d.iPAddress), text.data(),
                text.size());
      names.emplace_back(text.data());
    }
  }
  return names;
}

bool IsFor(X509* certificate, const std::string& host) {
  in6_addr address;
  if (inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1) {
    return X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
  }
  // X509_check_host compares with the address alone where it is told to (6.4.4 of RFC
  // 6125, and browsers): never with the common name.
  return X509_check_host(certificate, host.data(), host.size(), X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
                         nullptr) == 1;
}

// How many of the certificates lead up from the first, itself counted, in whatever
// order they were sent.
size_t PathLength(const std::vector<X509Ptr>& certificates) {
  if (certificates.empty()) return 0;
  std::vector<bool> used(certificates.size(), false);
  size_t length = 1;
  X509* current = certificates.front().get();
  used[0] = true;
  for (bool found = true; found && X509_check_issued(current, current) != X509_V_OK;) {
    found = false;
    for (size_t i = 0; i < certificates.size() && !found; ++i) {
      if (used[i] || X509_check_issued(certificates[i].get(), current) != X509_V_OK) continue;
      used[i] = true;
      found = true;
      current = certificates[i].get();
      ++length;
    }
  }
  return length;
}

class Pool {
 public:
  explicit Pool(const ProbePool& pool) : store_(X509_STORE_new()) {
    for (const ByteView der : pool.trusted) {
      X509Ptr certificate = Keep(der);
      if (certificate == nullptr) continue;
      const bool root = X509_check_issued(certificate.get(), certificate.get()) == X509_V_OK;
      if (root || pool.intermediates_end_chains) {
        X509_STORE_add_cert(store_.get(), certificate.get());
      } else {
        others_.push_back(std::move(certificate));
      }
    }
    for (const ByteView der : pool.present) {
      if (X509Ptr certificate = Keep(der)) others_.push_back(std::move(certificate));
    }
    for (const ByteView der : pool.distrusted) distrusted_.insert(Sha256Hex(der));
    partial_ = pool.intermediates_end_chains;
  }

  // An error of X509_V_…; with X509_V_OK `path` is what it was built of, in
  // fingerprints and dates.
  struct Result {
    int error = X509_V_OK;
    bool distrusted = false;
    std::string root_sha256;
    std::string root_subject;
    std::optional<absl::Time> ca_not_after;
  };
  Result Verify(const std::vector<X509Ptr>& sent, bool with_others) const {
    Result result;
    const StackPtr untrusted(sk_X509_new_null());
    for (const X509Ptr& certificate : sent) sk_X509_push(untrusted.get(), certificate.get());
    if (with_others) {
      for (const X509Ptr& certificate : others_) sk_X509_push(untrusted.get(), certificate.get());
    }
    const StoreContextPtr context(X509_STORE_CTX_new());
    if (context == nullptr ||
        X509_STORE_CTX_init(context.get(), store_.get(), sent.front().get(), untrusted.get()) != 1) {
      result.error = X509_V_ERR_OUT_OF_MEM;
      return result;
    }
    X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_TRUSTED_FIRST |
                                                (partial_ ? X509_V_FLAG_PARTIAL_CHAIN : 0));
    X509_VERIFY_PARAM_set_depth(parameters, kMaxDepth);
    // SHA-1 and short keys are told by themselves.
    X509_VERIFY_PARAM_set_auth_level(parameters, 0);
    X509_verify_cert(context.get());
    result.error = X509_STORE_CTX_get_error(context.get());
    const STACK_OF(X509)* path = X509_STORE_CTX_get0_chain(context.get());
    for (int i = 0; path != nullptr && i < sk_X509_num(path); ++i) {
      AddToResult(sk_X509_value(path, i), i, result);
    }
    return result;
  }

 private:
  static X509Ptr Keep(ByteView der) {
    absl::StatusOr<X509Ptr> certificate = DecodeCertificate(der);
    return certificate.ok() ? *std::move(certificate) : nullptr;
  }

  void AddToResult(X509* certificate, int depth, Result& result) const {
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(certificate, &bytes);
    if (size <= 0) return;
    const Bytes der(bytes, bytes + size);
    OPENSSL_free(bytes);
    result.root_sha256 = Sha256Hex(der);
    result.root_subject = NameText(X509_get_subject_name(certificate), false, Holder());
    result.distrusted = result.distrusted || distrusted_.count(result.root_sha256) > 0;
    std::tm fields{};
    if (depth == 0 || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &fields) != 1) return;
    const absl::Time end = absl::FromTM(fields, absl::UTCTimeZone());
    result.ca_not_after = std::min(result.ca_not_after.value_or(end), end);
  }

  StorePtr store_;
  std::vector<X509Ptr> others_;
  std::set<std::string> distrusted_;
  bool partial_ = false;
};

bool IssuerIsMissing(int error) {
  return error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
         error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT || error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
}

bool RootIsUnknown(int error) {
  return error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN || error == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
}

}  // namespace

void ReadServerChain(const std::vector<Bytes>& sent, const std::string& host, ProbeFacts& facts) {
  const ErrorQueueScope errors;
  for (const Bytes& der : sent) {
    absl::StatusOr<CertificateFacts> certificate = ReadCertificate(der, {false, false});
    if (certificate.ok()) facts.chain.push_back(*std::move(certificate));
  }
  const std::vector<X509Ptr> certificates = Decode(sent);
  if (certificates.empty()) return;
  facts.path_length = static_cast<uint32_t>(PathLength(certificates));
  facts.server_names = NamesOf(certificates.front().get());
  facts.name_matches = IsFor(certificates.front().get(), host);
}

ProbeTrust TrustOf(const std::vector<Bytes>& sent, const ProbePool& pool,
                   const std::set<std::string>& public_roots) {
  const ErrorQueueScope errors;
  ProbeTrust trust;
  trust.store = pool.store;
  trust.browser = pool.browser;
  const std::vector<X509Ptr> certificates = Decode(sent);
  if (certificates.empty()) {
    trust.verdict = ProbeVerdict::kInvalid;
    trust.detail = "no certificate that can be decoded";
    return trust;
  }
  const Pool store(pool);
  Pool::Result result = store.Verify(certificates, false);
  if (IssuerIsMissing(result.error)) {
    const Pool::Result helped = store.Verify(certificates, true);
    if (helped.error == X509_V_OK) {
      result = helped;
      trust.with_local_intermediate = true;
    }
  }
  if (result.distrusted) {
    trust.verdict = ProbeVerdict::kDistrusted;
    trust.detail = result.root_subject;
  } else if (result.error == X509_V_OK) {
    trust.verdict = ProbeVerdict::kTrusted;
    trust.root_sha256 = result.root_sha256;
    trust.root_subject = result.root_subject;
    trust.ca_not_after = result.ca_not_after;
    if (public_roots.count(result.root_sha256) > 0) {
      trust.root_origin = RootOrigin::kPublic;
    } else if (!public_roots.empty()) {
      trust.root_origin = RootOrigin::kLocal;
    }
  } else if (RootIsUnknown(result.error)) {
    trust.verdict = ProbeVerdict::kRootUnknown;
  } else if (IssuerIsMissing(result.error)) {
    // A server's certificate by itself: roots issue none, so an intermediate is not there.
    trust.verdict =
        PathLength(certificates) == 1 ? ProbeVerdict::kChainIncomplete : ProbeVerdict::kRootUnknown;
  } else {
    trust.verdict = ProbeVerdict::kInvalid;
    trust.detail = X509_verify_cert_error_string(result.error);
  }
  return trust;
}

}  // namespace kortvakt
