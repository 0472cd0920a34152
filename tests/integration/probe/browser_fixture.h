// A server opened by a real browser, and looked at by the probe.
#pragma once

#include <string>
#include <vector>

#include "tests/integration/probe/probe_fixture.h"
#include "tests/support/pcsc/run_program.h"

namespace kortvakt::testing {

// Chromium with a home of its own, whose database trusts the root of the servers. Skips where there is
// no Chromium.
class BrowserFixture : public ProbeFixture {
 protected:
  void SetUp() override;

  // Runs it with that home.
  Outcome Run(const std::vector<std::string>& command);

  // Puts a certificate of the user's into the browser's database, or changes its trust.
  void CertUtil(const std::string& name, const std::string& trust, const Issued* certificate);

  // Lets the browser have this login certificate with its key, as if from a card, and choose
  // it by itself.
  void GiveCard(const Issued& login, bool with_intermediate);

  // Lets the browser choose a client certificate by itself: headless Chromium has no dialog for
  // that. The policy that says so is seen by this browser only, in a mount namespace of its own; skips where
  // there can be none.
  void ChooseByItself();

  // What Chromium logs when it opens `url`, where it names its error, and what it shows.
  std::string Open(const std::string& url);

  // Of the browser's certificates and modules.
  std::string Database() const { return "sql:" + folder_.Path("home/.pki/nssdb"); }

 private:
  std::vector<std::string> Command(std::vector<std::string> command) const;

  bool chooses_ = false;
};

}  // namespace kortvakt::testing
