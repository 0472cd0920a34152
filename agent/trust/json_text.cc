#include "agent/trust/json_text.h"

#include "absl/status/status.h"

namespace kortvakt {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // RFC 3629, 6

// Index behind the string that begins at `start`.
size_t EndOfString(std::string_view text, size_t start) {
  size_t i = start + 1;
  while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
  return i < text.size() ? i + 1 : text.size();
}

// Index behind the comment that begins at `start`; `start` itself: there is none.
size_t EndOfComment(std::string_view text, size_t start) {
  const std::string_view mark = text.substr(start, 2);
  if (mark == "//") {
    const size_t end = text.find('\n', start);
    return end == std::string_view::npos ? text.size() : end;
  }
  if (mark == "/*") {
    const size_t end = text.find("*/", start + 2);
    return end == std::string_view::npos ? text.size() : end + 2;
  }
  return start;
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

absl::StatusOr<std::string> PlainJson(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::string plain;
  int depth = 0;
  size_t comma = std::string::npos;  // in `plain`, when nothing but space has followed it
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      const size_t end = EndOfString(text, i);
      plain.append(text.substr(i, end - i));
      i = end;
      comma = std::string::npos;
      continue;
    }
    if (const size_t end = EndOfComment(text, i); end != i) {
      i = end;
      continue;
    }
    // Protobuf's parser takes these for quotation marks, too.
    if (text[i] == '\'') return absl::InvalidArgumentError("not a JSON object");
    if (text[i] == '{' || text[i] == '[') ++depth;
    if ((text[i] == '}' || text[i] == ']') && depth > 0) --depth;
    if (depth > kMaxJsonDepth) return absl::InvalidArgumentError("nested too deeply");
    if ((text[i] == '}' || text[i] == ']') && comma != std::string::npos) plain[comma] = ' ';
    if (!IsSpace(text[i])) comma = text[i] == ',' ? plain.size() : std::string::npos;
    plain += text[i++];
  }
  return plain;
}

}  // namespace kortvakt
