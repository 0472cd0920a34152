#include "tests/support/card/card_image.h"

#include <algorithm>

namespace kortvakt::testing {

Bytes Der(uint8_t tag, ByteView contents) {
  Bytes element = {tag};
  const size_t size = contents.size();
  // X.690, 8.1.3: short form to 127, then the long form.
  if (size >= 0x80) {
    int octets = 1;
    while (octets < 4 && (size >> (8 * octets)) != 0) ++octets;
    element.push_back(static_cast<uint8_t>(0x80 | octets));
    for (int i = octets - 1; i >= 0; --i) element.push_back(static_cast<uint8_t>(size >> (8 * i)));
  } else {
    element.push_back(static_cast<uint8_t>(size));
  }
  element.insert(element.end(), contents.begin(), contents.end());
  return element;
}

std::vector<CardFile> FilesOf(const CardImage& image) {
  std::vector<CardFile> files;
  const auto add = [&files](const CardFile& file) {
    const auto same = std::find_if(files.begin(), files.end(),
                                   [&file](const CardFile& other) { return other.path == file.path; });
    if (same == files.end()) {
      files.push_back(file);
    } else {
      *same = file;
    }
  };
  if (image.pkcs15) {
    for (const CardFile& file : Pkcs15Files(*image.pkcs15)) add(file);
  }
  if (image.idprime) {
    for (const CardFile& file : IdPrimeFiles(*image.idprime)) add(file);
  }
  for (const CardFile& file : image.files) add(file);
  std::stable_sort(files.begin(), files.end(),
                   [](const CardFile& a, const CardFile& b) { return a.path.size() < b.path.size(); });
  return files;
}

}  // namespace kortvakt::testing
