// The seed corpus: a policy, a catalogue, and every kind of key and value.
#include <string>

#include "tests/fuzz/corpus.h"

namespace kortvakt::testing {

void MakeCorpora(const std::filesystem::path& folder) {
  for (const std::string text :
       {"schema = 1\nrenewal_within = \"12w\"\nrequired_loa = 2\nrequired_cas = [\"a\", \"b\"]\n"
        "probe_hosts = [\"https://login.example.org/mtls\"]\nrevocation = true\n[contacts]\n"
        "\"\" = \"Kortkontoret\"\n\"O'Brien\" = \"tfn 010-000 00 00\"\n",
        "version = \"1\"\nown_arcs = [\"1.2.752.74.8.\"]\nhosts = [\".example.org\", \"127.0.0.1:80\"]\n"
        "[[ca]]\nid = \"root\"\nsubject = \"CN=Root\"\nrole = \"root\"\nissues = \"cas\"\n"
        "not_after = \"2050-01-01\"\nca_issuers_url = \"http://aia.example.org/root.cer\"\n"
        "[[ca]]\nid = \"a\"\nsubject = \"CN=A\"\nissuer = \"root\"\nloa = \"3\"\n"
        "[[policy]]\noid = \"1.2.752.74.8.512\"\nloa = \"3\"\nmeaning = \"m\"\n",
        "a.b.\"c.d\".'e' = 1\n[x.y]\nz = {k = [[1, 2.5], ['x', \"\\u00e5\\\"\\\\\"]]}\n[[l]]\n[[l]]\n"
        "t = 2026-11-22T09:00:00.25+01:00\nd = 2026-11-22\nn = [inf, -nan, 0xFF, 1e9, true]\n"
        "m = \"\"\"one\n\\\n  \"\"two\"\"\"\"\"\nq = '''it's''' # why\n",
        // What toml++ takes for impossible.
        "[`]\n", "a = \"\"\"x\\\nå\"\"\"\n", "å = 1\n"}) {
    WriteSeed(folder, AsBytes(text));
  }
}

}  // namespace kortvakt::testing
