// The parts of `kortvakt workstation NAME`, and what they are written with.
#pragma once

#include <string>
#include <utility>

#include "collector/cli/table.h"
#include "kortvakt/v1/query.pb.h"

namespace kortvakt {

// Lines of text below each other, in the display's width and language; every text is made
// printable. The display must outlive it.
class WorkstationPage {
 public:
  explicit WorkstationPage(const Display& display);

  void Blank() { out_ += '\n'; }
  // "MARK  text" on one line, only the mark in `style`.
  void Marked(size_t indent, const std::string& mark, Style style, const std::string& text);
  // With an empty line before it.
  void Heading(const std::string& text);
  // `text` wrapped, each line `indent` columns in; `head` stands before the first.
  void Paragraph(size_t indent, const std::string& head, const std::string& text,
                 Style style = Style::kPlain);
  // "name        value", the value wrapped in its own column; nothing when it is empty.
  void Fact(size_t indent, const std::string& name, const std::string& value, Style style = Style::kPlain);

  const Display& display() const { return display_; }
  Language language() const { return display_.language; }
  // One of two texts by the display's language.
  const char* Say(const char* english, const char* swedish) const;
  std::string Take() { return std::move(out_); }

 private:
  const Display& display_;
  size_t width_;
  std::string out_;
};

// Readers, the cards in them, and how their certificates stand.
void AddCards(WorkstationPage& page, const v1::GetWorkstationResponse& response);
// Trust stores, browsers, and the servers that were probed.
void AddPlaces(WorkstationPage& page, const v1::Snapshot& snapshot);

}  // namespace kortvakt
