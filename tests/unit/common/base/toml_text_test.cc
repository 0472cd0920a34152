#include "common/base/toml_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

namespace kortvakt {
namespace {

// What `text`, which must be TOML, says.
toml::table Read(const std::string& text) {
  toml::parse_result result = toml::parse(text);
  EXPECT_TRUE(result) << result.error().description() << "\n" << text;
  return result ? std::move(result).table() : toml::table();
}

TEST(TomlTextTest, IsALineAKeyAndQuotesWhatNeedsIt) {
  EXPECT_EQ(TomlText(Read("z = 'a'\na = [1, 2.5, true]\n[t]\n'b c' = { }\n[[t.u]]\nk = []\n")),
            "a = [1, 2.5, true]\nt = { \"b c\" = {}, u = [{ k = [] }] }\nz = \"a\"\n");
  EXPECT_EQ(TomlText(toml::table()), "");
}

TEST(TomlTextTest, EveryCharacterMayStandInAKeyAndInAText) {
  for (uint32_t code = 0; code < 0x3000; ++code) {
    std::string character;
    if (code < 0x80) {
      character = static_cast<char>(code);
    } else if (code < 0x800) {
      character = {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
    } else {
      character = {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
                   static_cast<char>(0x80 | (code & 0x3F))};
    }
    for (const std::string& text : {character, "a" + character, character + "b", character + character}) {
      toml::table table;
      table.insert(text, text);
      EXPECT_EQ(Read(TomlText(table)), table) << code;
    }
  }
}

TEST(TomlTextTest, NumbersAndMomentsReadAsTheSame) {
  for (const char* value : {"9223372036854775807",
                            "-9223372036854775808",
                            "0xFFFF",
                            "0o17",
                            "0b101",
                            "1_000",
                            "0.0",
                            "-0.0",
                            "1e300",
                            "5e-324",
                            "1.7976931348623157e308",
                            "0.1",
                            "100000000000000000000.0",
                            "inf",
                            "-inf",
                            "2026-11-22",
                            "0001-01-01",
                            "9999-12-31",
                            "09:00:00",
                            "23:59:59.999999999",
                            "2026-11-22T09:00:00",
                            "2026-11-22 09:00:00.25",
                            "2026-11-22T09:00:00Z",
                            "2026-11-22T09:00:00-00:30",
                            "2026-11-22T09:00:00+13:45",
                            "\"\"\"two\nlines\"\"\"",
                            "'''it's \"so\"'''",
                            "[[1, [2]], ['x'], {a = {b = {}}}]"}) {
    const toml::table table = Read(std::string("k = ") + value);
    const std::string text = TomlText(table);
    EXPECT_EQ(Read(text), table) << text;
    EXPECT_EQ(TomlText(Read(text)), text);
    const auto* number = table["k"].as_floating_point();
    if (number != nullptr) {
      EXPECT_EQ(std::signbit(Read(text)["k"].as_floating_point()->get()), std::signbit(number->get()))
          << text;
    }
  }
  EXPECT_EQ(TomlText(Read("k = -nan")), "k = nan\n");
}

class Random {
 public:
  explicit Random(uint32_t seed) : numbers_(seed) {}

  toml::table Table(int depth) {
    toml::table table;
    for (size_t left = Below(5); left > 0; --left) {
      std::string key = Text();
      switch (Below(depth > 0 ? 8 : 6)) {
        case 6:
          table.insert_or_assign(std::move(key), Table(depth - 1));
          break;
        case 7:
          table.insert_or_assign(std::move(key), Array(depth - 1));
          break;
        default:
          Leaf([&](auto&& value) { table.insert_or_assign(key, value); });
      }
    }
    return table;
  }

 private:
  size_t Below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(numbers_); }

  std::string Text() {
    static const std::string kPieces[] = {"a",
                                          "Z",
                                          "0",
                                          "_",
                                          "-",
                                          ".",
                                          "'",
                                          "\"",
                                          "\\",
                                          "\n",
                                          "\r",
                                          "\t",
                                          " ",
                                          "#",
                                          "=",
                                          "[",
                                          "]",
                                          "{",
                                          "}",
                                          ",",
                                          "\x01",
                                          "\x7F",
                                          std::string(1, '\0'),
                                          "å",
                                          "\u0085",
                                          "\u202E",
                                          "€",
                                          "\U0001F600",
                                          "\\u0041",
                                          "'''",
                                          "\"\"\""};
    std::string text;
    for (size_t left = Below(6); left > 0; --left) text += kPieces[Below(std::size(kPieces))];
    return text;
  }

  toml::array Array(int depth) {
    toml::array array;
    for (size_t left = Below(4); left > 0; --left) {
      switch (Below(depth > 0 ? 8 : 6)) {
        case 6:
          array.push_back(Table(depth - 1));
          break;
        case 7:
          array.push_back(Array(depth - 1));
          break;
        default:
          Leaf([&](auto&& value) { array.push_back(value); });
      }
    }
    return array;
  }

  template <typename Put>
  void Leaf(const Put& put) {
    const auto bits = static_cast<int64_t>(numbers_());
    switch (Below(6)) {
      case 0:
        return put(bits);
      case 1:
        return put(bits % 2 == 0);
      case 2: {
        double number = 0;
        std::memcpy(&number, &bits, sizeof number);
        return put(std::isnan(number) ? 0.5 : number);
      }
      case 3: {
        const toml::date date(2000 + Below(100), 1 + Below(12), 1 + Below(28));
        const toml::time time(Below(24), Below(60), Below(60), Below(1'000'000'000));
        if (Below(3) == 0) return put(date);
        if (Below(2) == 0) return put(time);
        return put(toml::date_time(date, time, toml::time_offset(static_cast<int8_t>(Below(24)), 15)));
      }
      default:
        return put(Text());
    }
  }

  std::mt19937_64 numbers_;
};

TEST(TomlTextTest, AnyTableReadsAsItself) {
  for (uint32_t seed = 0; seed < 3000; ++seed) {
    const toml::table table = Random(seed).Table(5);
    const std::string text = TomlText(table);
    ASSERT_EQ(Read(text), table) << "seed " << seed << "\n" << text;
    ASSERT_EQ(TomlText(Read(text)), text) << "seed " << seed;
  }
}

}  // namespace
}  // namespace kortvakt
