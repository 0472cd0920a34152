#include "common/certs/path_check.h"

#include <openssl/x509_vfy.h>

#include <memory>

namespace kortvakt {
namespace {

using StorePtr = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, FreeWith<X509_STORE_CTX_free>>;

struct FreeStackOnly {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_free(stack); }
};
using StackPtr = std::unique_ptr<STACK_OF(X509), FreeStackOnly>;  // its certificates are others'

// The certificates in the order in which they sign: [0] is the one that is verified.
using Order = std::vector<X509*>;

// OpenSSL searches among what it is given; so that it takes the one way that is asked
// for, an issuer counts only when it stands next.
int IsNext(X509_STORE_CTX* context, X509* certificate, X509* issuer) {
  const Order& order = *static_cast<const Order*>(X509_STORE_CTX_get_app_data(context));
  for (size_t i = 0; i + 1 < order.size(); ++i) {
    if (X509_cmp(order[i], certificate) == 0) {
      return X509_cmp(order[i + 1], issuer) == 0 && MayHaveIssued(issuer, certificate) ? 1 : 0;
    }
  }
  return certificate == issuer ? X509_self_signed(certificate, /*verify_signature=*/0) : 0;
}

}  // namespace

bool MayHaveIssued(X509* issuer, X509* certificate) {
  return X509_check_issued(issuer, certificate) == X509_V_OK;
}

bool PathHolds(X509* certificate, const std::vector<X509*>& path) {
  Order order = {certificate};
  order.insert(order.end(), path.begin(), path.end());

  const StorePtr store(X509_STORE_new());
  const StoreContextPtr context(X509_STORE_CTX_new());
  const StackPtr untrusted(sk_X509_new_null());
  if (store == nullptr || context == nullptr || untrusted == nullptr) return false;
  if (X509_STORE_add_cert(store.get(), path.back()) != 1) return false;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    if (sk_X509_push(untrusted.get(), path[i]) <= 0) return false;
  }
  X509_STORE_set_check_issued(store.get(), IsNext);
  if (X509_STORE_CTX_init(context.get(), store.get(), certificate, untrusted.get()) != 1) return false;
  X509_STORE_CTX_set_app_data(context.get(), &order);
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
  if (X509_check_purpose(certificate, X509_PURPOSE_SSL_CLIENT, /*ca=*/0) == 1) {
    X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT);
  }
  if (X509_verify_cert(context.get()) != 1) return false;
  return static_cast<size_t>(sk_X509_num(X509_STORE_CTX_get0_chain(context.get()))) == order.size();
}

}  // namespace kortvakt
