// The probe against servers that do not behave: each ends in time with a result.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>

#include "agent/probe/connection.h"
#include "agent/probe/probe.h"
#include "agent/probe/tls_conversation.h"
#include "common/base/event.h"
#include "tests/unit/agent/probe/probe_url.h"
#include "tests/unit/agent/probe/scripted_server.h"

namespace kortvakt {
namespace {

using testing::Accept;
using ::testing::Contains;
using testing::DrainRaw;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Issued;
using testing::MakeServerPki;
using testing::Nothing;
using testing::Pki;
using testing::ProbeUrl;
using testing::ReadRequest;
using testing::ScriptedServer;
using testing::SendRaw;
using testing::ServerPki;
using ::testing::SizeIs;
using testing::Write;

TEST(ProbeTest, TellsWhatAGoodServerDoes) {
  const auto server = ScriptedServer::Tls(Pki().Chain(), Nothing, [](SSL* ssl) {
    if (Accept(ssl) && ReadRequest(ssl)) Write(ssl, "HTTP/1.1 204 No Content\r\n\r\n");
  });
  const ProbeFacts facts = ProbeUrl(server->Url("localhost", "/login"));
  EXPECT_EQ(facts.url, server->Url("localhost", "/login"));
  EXPECT_EQ(facts.outcome, ProbeOutcome::kAnswered);
  EXPECT_EQ(facts.http_status, 204u);
  EXPECT_EQ(facts.version, "TLSv1.3");
  EXPECT_THAT(facts.versions_taken, ElementsAre("TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"));
  EXPECT_THAT(facts.versions_refused, SizeIs(0));
  EXPECT_EQ(facts.chain_length, 2u);
  EXPECT_TRUE(facts.name_matches);
  EXPECT_EQ(facts.client_certificate, ClientCertificateRequest::kNotAsked);
  EXPECT_FALSE(facts.browser_offer_refused);
  ASSERT_FALSE(facts.addresses.empty());
  EXPECT_EQ(facts.addresses.back(), (ProbeAddress{"127.0.0.1", ""}));
}

TEST(ProbeTest, HostWithoutAddressIsToldWithoutWaiting) {
  const ProbeFacts facts = ProbeUrl("https://kortvakt-probe.invalid/");
  EXPECT_EQ(facts.outcome, ProbeOutcome::kNameUnknown);
  EXPECT_NE(facts.detail, "");
}

TEST(ProbeTest, PortWhereNothingListensIsUnreachable) {
  std::string url;
  {
    const auto server = ScriptedServer::Raw([](int) {});
    url = server->Url();
  }
  const ProbeFacts facts = ProbeUrl(url);
  EXPECT_EQ(facts.outcome, ProbeOutcome::kUnreachable);
  EXPECT_THAT(facts.addresses, ElementsAre(ProbeAddress{"127.0.0.1", "Connection refused"}));
}

TEST(ProbeTest, StopsWhenAsked) {
  const auto server = ScriptedServer::Raw([](int fd) { DrainRaw(fd); });
  const Event stop;
  stop.Set();
  ProbeInputs inputs;
  inputs.stop = stop.descriptor();
  EXPECT_TRUE(absl::IsCancelled(Probe(*ParseProbeTarget(server->Url()), inputs).status()));
}

// In TLS 1.3 a server may have refused, and be gone, before the client asks.
TEST(ProbeTest, AlertOfAServerThatIsGoneBeforeItIsAskedIsRead) {
  const auto server = ScriptedServer::Tls(
      Pki().Chain(),
      [](SSL_CTX* context) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      },
      [](SSL* ssl) {
        EXPECT_FALSE(Accept(ssl));
        const linger reset{1, 0};
        setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      });
  const ProbeLimit limit = ProbeLimit::After(absl::Seconds(20));
  const auto addresses = Resolve({"127.0.0.1", static_cast<uint16_t>(server->port())}, limit);
  ASSERT_TRUE(addresses.ok()) << addresses.status();
  std::vector<ProbeAddress> tried;
  size_t chosen = 0;
  const auto socket = ConnectToOne(*addresses, limit, tried, chosen);
  ASSERT_TRUE(socket.ok()) << socket.status();
  const auto conversation = TlsConversation::Start(socket->get(), "127.0.0.1", {});
  ASSERT_TRUE(conversation.ok()) << conversation.status();
  ASSERT_EQ(*(*conversation)->Handshake(limit), HandshakeEnd::kDone);
  pollfd gone{socket->get(), 0, 0};
  ASSERT_EQ(poll(&gone, 1, 20'000), 1);  // reset
  std::string answer;
  EXPECT_EQ(*(*conversation)->Ask("GET / HTTP/1.1\r\n\r\n", limit, answer), AnswerEnd::kRefused);
  EXPECT_EQ((*conversation)->seen().alert, "certificate_required");
  EXPECT_EQ((*conversation)->seen().error, "TLS alert certificate_required");
}

TEST(ProbeTest, PlainHttpIsRecognisedWhetherItAnswersBinaryOrWaitsForALine) {
  const auto quick = ScriptedServer::Raw([](int fd) {
    char byte = 0;
    if (recv(fd, &byte, 1, MSG_PEEK) == 1) SendRaw(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const auto patient = ScriptedServer::Raw([](int fd) {
    std::string line;
    char byte = 0;
    while (line.find("GET / HTTP/1.1\r\n") == std::string::npos && recv(fd, &byte, 1, 0) == 1) line += byte;
    if (line.find("GET / HTTP/1.1\r\n") == 0) SendRaw(fd, "HTTP/1.1 200 OK\r\n\r\n");
  });
  for (const auto* server : {&quick, &patient}) {
    const ProbeFacts facts = ProbeUrl((*server)->Url(), absl::Seconds(6));
    EXPECT_EQ(facts.outcome, ProbeOutcome::kNotTls);
    EXPECT_TRUE(facts.plain_http);
  }
}

TEST(ProbeTest, AnotherProtocolIsNotTls) {
  const auto server = ScriptedServer::Raw([](int fd) {
    SendRaw(fd, "SSH-2.0-Example\r\n");
    DrainRaw(fd);
  });
  const ProbeFacts facts = ProbeUrl(server->Url());
  EXPECT_EQ(facts.outcome, ProbeOutcome::kNotTls);
  EXPECT_FALSE(facts.plain_http);
  EXPECT_EQ(facts.detail.find("Example"), std::string::npos);
}

TEST(ProbeTest, NoiseAfterATlsHeaderIsAFailedHandshake) {
  const auto server = ScriptedServer::Raw([](int fd) {
    SendRaw(fd, std::string("\x16\x03\x03\x00\x04\x02\xFF\xFF\xFF", 9));
    shutdown(fd, SHUT_WR);
    DrainRaw(fd);
  });
  EXPECT_EQ(ProbeUrl(server->Url()).outcome, ProbeOutcome::kHandshakeFailed);
}

TEST(ProbeTest, ClosingAndResettingAtTheHelloAreTold) {
  const auto closes = ScriptedServer::Raw([](int fd) {
    char byte = 0;
    (void)recv(fd, &byte, 1, MSG_PEEK);
    shutdown(fd, SHUT_WR);
    DrainRaw(fd);
  });
  const auto resets = ScriptedServer::Raw([](int fd) {
    char byte = 0;
    (void)recv(fd, &byte, 1, MSG_PEEK);
    const linger now{1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  });
  const ProbeFacts closed = ProbeUrl(closes->Url());
  EXPECT_EQ(closed.outcome, ProbeOutcome::kClosedAtHello);
  EXPECT_EQ(closed.detail, "it closed the connection");
  const ProbeFacts reset = ProbeUrl(resets->Url());
  EXPECT_EQ(reset.outcome, ProbeOutcome::kClosedAtHello);
  EXPECT_EQ(reset.detail, "it reset the connection");
}

TEST(ProbeTest, OnePassingResetIsNotARefusalOfWhatBrowsersOffer) {
  std::atomic<int> connections = 0;
  const auto server = ScriptedServer::Tls(Pki().Chain(), Nothing, [&](SSL* ssl) {
    if (connections++ == 0) {
      char byte = 0;
      (void)recv(SSL_get_fd(ssl), &byte, 1, MSG_PEEK);
      const linger now{1, 0};
      setsockopt(SSL_get_fd(ssl), SOL_SOCKET, SO_LINGER, &now, sizeof now);
      return;
    }
    if (Accept(ssl) && ReadRequest(ssl)) Write(ssl, "HTTP/1.1 204 No Content\r\n\r\n");
  });
  const ProbeFacts facts = ProbeUrl(server->Url("localhost"));
  EXPECT_FALSE(facts.browser_offer_refused);
  EXPECT_EQ(facts.outcome, ProbeOutcome::kAnswered);
  EXPECT_EQ(facts.http_status, 204u);
  EXPECT_EQ(facts.version, "TLSv1.3");
  EXPECT_EQ(facts.chain_length, 2u);
}

TEST(ProbeTest, FilterByNameIsTold) {
  // Reads the hello as a filter does, and passes on those without a name only.
  const auto server = ScriptedServer::Tls(Pki().Chain(), Nothing, [](SSL* ssl) {
    std::array<char, 2048> hello{};
    const ssize_t size = recv(SSL_get_fd(ssl), hello.data(), hello.size(), MSG_PEEK);
    if (size > 0 &&
        std::string(hello.data(), static_cast<size_t>(size)).find("localhost") != std::string::npos) {
      shutdown(SSL_get_fd(ssl), SHUT_RDWR);
      return;
    }
    if (Accept(ssl) && ReadRequest(ssl)) Write(ssl, "HTTP/1.1 200 OK\r\n\r\n");
  });
  const ProbeFacts facts = ProbeUrl(server->Url("localhost"));
  EXPECT_EQ(facts.outcome, ProbeOutcome::kClosedAtHello);
  EXPECT_TRUE(facts.answers_without_name);
  EXPECT_TRUE(facts.chain.empty());
}

// HelloRequest (RFC 5246, 7.4.1.1), which OpenSSL passes over without coming back.
std::string HelloRequests() {
  std::string many;
  while (many.size() < 90'000) many += std::string("\x16\x03\x03\x00\x04\x00\x00\x00\x00", 9);
  return many;
}

TEST(ProbeTest, MessagesThatArePassedOverWithoutEndAreCut) {
  const auto server = ScriptedServer::Raw([many = HelloRequests()](int fd) {
    char byte = 0;
    (void)recv(fd, &byte, 1, MSG_PEEK);
    while (SendRaw(fd, many)) {
    }
  });
  const ProbeFacts facts = ProbeUrl(server->Url());
  EXPECT_EQ(facts.outcome, ProbeOutcome::kTimedOut);
  EXPECT_EQ(facts.detail, "the handshake does not end");
}

TEST(ProbeTest, StopsWhenAskedAmongMessagesThatArePassedOver) {
  const Event stop;
  const auto server = ScriptedServer::Raw([&, many = HelloRequests()](int fd) {
    char byte = 0;
    (void)recv(fd, &byte, 1, MSG_PEEK);
    while (SendRaw(fd, many)) stop.Set();
  });
  ProbeInputs inputs;
  inputs.stop = stop.descriptor();
  EXPECT_TRUE(absl::IsCancelled(Probe(*ParseProbeTarget(server->Url()), inputs).status()));
}

TEST(ProbeTest, TicketsWithoutEndAreCut) {
  const auto server = ScriptedServer::Tls(Pki().Chain(), Nothing, [](SSL* ssl) {
    if (!Accept(ssl) || !ReadRequest(ssl)) return;
    // Some MiB: OpenSSL does not tell when nobody takes tickets any more.
    for (int i = 0; i < 20'000 && SSL_new_session_ticket(ssl) == 1 && SSL_do_handshake(ssl) == 1; ++i) {
    }
  });
  const ProbeFacts facts = ProbeUrl(server->Url());
  EXPECT_EQ(facts.outcome, ProbeOutcome::kSilent);
  EXPECT_EQ(facts.detail, "it sends without end");
}

TEST(ProbeTest, ServerThatKnowsOtherHttpOnlyIsAskedWithoutAlpn) {
  const auto server = ScriptedServer::Tls(
      Pki().Chain(),
      [](SSL_CTX* context) {
        const auto refuse = [](SSL*, const unsigned char**, unsigned char*, const unsigned char*,
                               unsigned int, void*) { return SSL_TLSEXT_ERR_ALERT_FATAL; };
        SSL_CTX_set_alpn_select_cb(context, refuse, nullptr);
      },
      [](SSL* ssl) {
        if (Accept(ssl) && ReadRequest(ssl)) Write(ssl, "HTTP/1.1 204 No Content\r\n\r\n");
      });
  const ProbeFacts facts = ProbeUrl(server->Url());
  EXPECT_EQ(facts.http_status, 204u);
  EXPECT_EQ(facts.alert, "");
  EXPECT_THAT(facts.versions_taken, Contains("TLSv1.2"));
}

TEST(ProbeTest, KeyThatBrowsersDoNotOfferIsToldByKindAndGroup) {
  const ServerPki pki = MakeServerPki([](testing::CertificateSpec& leaf) { leaf.key.bits = 521; });
  const auto server = ScriptedServer::Tls(pki.Chain(), Nothing, [](SSL* ssl) {
    if (Accept(ssl) && ReadRequest(ssl)) Write(ssl, "HTTP/1.1 204 No Content\r\n\r\n");
  });
  const ProbeFacts facts = ProbeUrl(server->Url());
  EXPECT_TRUE(facts.browser_offer_refused);
  EXPECT_TRUE(facts.browsers_offer_cipher);
  EXPECT_EQ(facts.version, "TLSv1.3");
  EXPECT_EQ(facts.group, "x25519");
  ASSERT_FALSE(facts.chain.empty());
  EXPECT_EQ(facts.chain[0].key_bits, 521u);
  const auto of_group = ScriptedServer::Tls(
      Pki().Chain(),
      [](SSL_CTX* context) {
        char groups[] = "P-521";  // the macro casts const away
        SSL_CTX_set1_groups_list(context, groups);
      },
      [](SSL* ssl) {
        if (Accept(ssl) && ReadRequest(ssl)) Write(ssl, "HTTP/1.1 204 No Content\r\n\r\n");
      });
  EXPECT_EQ(ProbeUrl(of_group->Url()).group, "secp521r1");
}

TEST(ProbeTest, SilenceEndsInTime) {
  const auto server = ScriptedServer::Raw([](int fd) { DrainRaw(fd); });
  EXPECT_EQ(ProbeUrl(server->Url(), absl::Seconds(1)).outcome, ProbeOutcome::kTimedOut);
}

TEST(ProbeTest, SilenceAfterTheHandshakeEndsInTime) {
  const auto server = ScriptedServer::Tls(Pki().Chain(), Nothing, [](SSL* ssl) {
    if (Accept(ssl) && ReadRequest(ssl)) ReadRequest(ssl);
  });
  const ProbeFacts facts = ProbeUrl(server->Url(), absl::Seconds(6));
  EXPECT_EQ(facts.outcome, ProbeOutcome::kSilent);
  EXPECT_FALSE(facts.chain.empty());
}

TEST(ProbeTest, SlowDripEndsInTime) {
  std::atomic<bool> over = false;
  const auto server = ScriptedServer::Tls(Pki().Chain(), Nothing, [&](SSL* ssl) {
    if (!Accept(ssl) || !ReadRequest(ssl)) return;
    // One byte whenever the other side has had time to hear the last one.
    pollfd wait{SSL_get_fd(ssl), POLLIN, 0};
    for (const char byte : std::string("HTTP/1.1 400 Bad Request\r\nX: ") + std::string(100'000, 'x')) {
      if (over || SSL_write(ssl, &byte, 1) <= 0 || poll(&wait, 1, 20) > 0) return;
    }
  });
  const ProbeFacts facts = ProbeUrl(server->Url(), absl::Seconds(6));
  over = true;
  EXPECT_EQ(facts.http_status, 400u);
}

TEST(ProbeTest, HeadersWithoutEndAreCut) {
  const auto server = ScriptedServer::Tls(Pki().Chain(), Nothing, [](SSL* ssl) {
    if (!Accept(ssl) || !ReadRequest(ssl)) return;
    Write(ssl, "HTTP/1.1 403 Forbidden\r\n");
    const std::string header = "X: " + std::string(8000, 'x') + "\r\n";
    while (SSL_write(ssl, header.data(), static_cast<int>(header.size())) > 0) {
    }
  });
  EXPECT_EQ(ProbeUrl(server->Url()).http_status, 403u);
}

TEST(ProbeTest, BytesThatAreNotHttpAreNotAnAnswer) {
  const auto server = ScriptedServer::Tls(Pki().Chain(), Nothing, [](SSL* ssl) {
    if (Accept(ssl)) Write(ssl, "* OK IMAP4rev1 ready\r\n");
    ReadRequest(ssl);
  });
  const ProbeFacts facts = ProbeUrl(server->Url());
  EXPECT_EQ(facts.outcome, ProbeOutcome::kSilent);
  EXPECT_THAT(facts.detail, HasSubstr("other than HTTP"));
}

TEST(ProbeTest, GiantChainIsNotTaken) {
  std::vector<Issued> chain = Pki().Chain();
  for (int i = 0; i < 400; ++i) chain.push_back(Pki().issuing);  // about 200 KiB
  const auto server = ScriptedServer::Tls(chain, Nothing, [](SSL* ssl) { Accept(ssl); });
  const ProbeFacts facts = ProbeUrl(server->Url());
  EXPECT_EQ(facts.outcome, ProbeOutcome::kHandshakeFailed);
  EXPECT_LE(facts.chain.size(), 10u);
}

TEST(ProbeTest, LongChainIsKeptInPart) {
  std::vector<Issued> chain = Pki().Chain();
  for (int i = 0; i < 30; ++i) chain.push_back(Pki().root);
  const auto server = ScriptedServer::Tls(chain, Nothing, [](SSL* ssl) {
    if (Accept(ssl) && ReadRequest(ssl)) Write(ssl, "HTTP/1.1 200 OK\r\n\r\n");
  });
  const ProbeFacts facts = ProbeUrl(server->Url());
  EXPECT_EQ(facts.chain_length, 32u);
  EXPECT_THAT(facts.chain, SizeIs(10));
}

// Asks for a client certificate by `count` CA names.
void AskForCertificate(SSL_CTX* context, int count) {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  for (int i = 0; i < count; ++i) {
    X509_NAME* name = X509_NAME_new();
    const std::string text = "Exempel CA " + std::to_string(i);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                               static_cast<int>(text.size()), -1, 0);
    STACK_OF(X509_NAME)* names = SSL_CTX_get_client_CA_list(context);
    if (names == nullptr) {
      names = sk_X509_NAME_new_null();
      SSL_CTX_set_client_CA_list(context, names);
    }
    sk_X509_NAME_push(names, name);
  }
}

TEST(ProbeTest, HugeListOfCaNamesIsCounted) {
  const auto server = ScriptedServer::Tls(
      Pki().Chain(), [](SSL_CTX* context) { AskForCertificate(context, 1500); },
      [](SSL* ssl) {
        if (Accept(ssl) && ReadRequest(ssl)) Write(ssl, "HTTP/1.1 200 OK\r\n\r\n");
      });
  const ProbeFacts facts = ProbeUrl(server->Url());
  EXPECT_EQ(facts.client_certificate, ClientCertificateRequest::kInHandshake);
  EXPECT_EQ(facts.ca_name_count, 1500u);
  EXPECT_LE(facts.ca_names.size(), 512u);
  EXPECT_THAT(facts.ca_names, Contains("CN=Exempel CA 0"));
  EXPECT_THAT(facts.signature_algorithms, Contains("rsa_pss_rsae_sha256"));
}

// Takes what the other side says in a handshake; no data is expected.
bool HearHandshake(SSL* ssl) {
  SSL_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
  char byte = 0;
  return SSL_get_error(ssl, SSL_read(ssl, &byte, 1)) == SSL_ERROR_WANT_READ;
}

TEST(ProbeTest, RenegotiationWithoutEndIsCut) {
  const auto server = ScriptedServer::Tls(
      Pki().Chain(), [](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); },
      [](SSL* ssl) {
        if (!Accept(ssl) || !ReadRequest(ssl)) return;
        while (SSL_renegotiate(ssl) == 1 && SSL_do_handshake(ssl) == 1 && HearHandshake(ssl)) {
        }
      });
  const ProbeFacts facts = ProbeUrl(server->Url());
  EXPECT_EQ(facts.outcome, ProbeOutcome::kSilent);
  EXPECT_EQ(facts.detail, "it renegotiates without end");
}

TEST(ProbeTest, CertificateAskedForOnThePathIsTold) {
  // TLS 1.3: post-handshake authentication (RFC 8446, 4.6.2).
  const auto after_handshake = ScriptedServer::Tls(Pki().Chain(), Nothing, [](SSL* ssl) {
    if (!Accept(ssl) || !ReadRequest(ssl)) return;
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    if (SSL_verify_client_post_handshake(ssl) != 1 || SSL_do_handshake(ssl) != 1 || !HearHandshake(ssl))
      return;
    Write(ssl, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  const ProbeFacts facts = ProbeUrl(after_handshake->Url("localhost", "/login"));
  EXPECT_EQ(facts.client_certificate, ClientCertificateRequest::kOnPath);
  EXPECT_EQ(facts.version, "TLSv1.3");
  EXPECT_EQ(facts.http_status, 403u);

  // TLS 1.2: renegotiation (RFC 5246, 7.4.1.1).
  const auto again = ScriptedServer::Tls(
      Pki().Chain(), [](SSL_CTX* context) { SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION); },
      [](SSL* ssl) {
        if (!Accept(ssl) || !ReadRequest(ssl)) return;
        SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
        // As web servers do: the session so far is not to be taken up again.
        SSL_set_session_id_context(ssl, reinterpret_cast<const unsigned char*>("login"), 5);
        if (SSL_renegotiate(ssl) != 1 || SSL_do_handshake(ssl) != 1 || !HearHandshake(ssl)) return;
        Write(ssl, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
      });
  const ProbeFacts renegotiated = ProbeUrl(again->Url("localhost", "/login"));
  EXPECT_EQ(renegotiated.client_certificate, ClientCertificateRequest::kOnPath);
  EXPECT_EQ(renegotiated.version, "TLSv1.2") << renegotiated.detail;
  EXPECT_EQ(renegotiated.http_status, 403u);
}

}  // namespace
}  // namespace kortvakt
