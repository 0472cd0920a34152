// The rules for kortvakt.v1 that proto/kortvakt/v1/snapshot.proto states, kept on
// the sources themselves (comments) and on the compiled descriptors (the rest).
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "tests/support/proto/descriptors.h"

namespace kortvakt {
namespace {

namespace pb = google::protobuf;

class ProtoRulesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* path = std::getenv("KORTVAKT_DESCRIPTORS");
    ASSERT_NE(path, nullptr);
    absl::StatusOr<testing::DescribedProtos> protos = testing::ReadDescriptors(path);
    ASSERT_TRUE(protos.ok()) << protos.status();
    files_ = protos->files;
    pool_ = std::move(protos->pool);
  }

  template <typename Descriptor>
  static bool Documented(const Descriptor* descriptor) {
    pb::SourceLocation location;
    return descriptor->GetSourceLocation(&location) && location.leading_comments.size() > 3;
  }

  void CheckEnum(const pb::EnumDescriptor* type) {
    EXPECT_TRUE(Documented(type)) << type->full_name();
    std::string prefix;
    for (const char c : type->name()) {
      if (c >= 'A' && c <= 'Z' && !prefix.empty()) prefix += '_';
      prefix += static_cast<char>(std::toupper(c));
    }
    const pb::EnumValueDescriptor* zero = type->FindValueByNumber(0);
    ASSERT_NE(zero, nullptr) << type->full_name();
    EXPECT_EQ(zero->name(), prefix + "_UNSPECIFIED");
    for (int i = 0; i < type->value_count(); ++i) {
      EXPECT_TRUE(Documented(type->value(i))) << type->value(i)->full_name();
      EXPECT_EQ(type->value(i)->name().rfind(prefix + "_", 0), 0u) << type->value(i)->full_name();
    }
  }

  void CheckMessage(const pb::Descriptor* type) {
    ++messages_;
    EXPECT_TRUE(Documented(type)) << type->full_name();
    for (int i = 0; i < type->field_count(); ++i) {
      EXPECT_TRUE(Documented(type->field(i))) << type->field(i)->full_name();
      // CA certificates, by the socket of the workstation itself.
      const bool stays_here = type->field(i)->full_name() == "kortvakt.v1.DeskAnswer.cas";
      EXPECT_TRUE(stays_here || type->field(i)->type() != pb::FieldDescriptor::TYPE_BYTES)
          << type->field(i)->full_name() << ": no certificate bytes may leave the workstation";
    }
    for (int i = 0; i < type->real_oneof_decl_count(); ++i) {
      EXPECT_TRUE(Documented(type->oneof_decl(i))) << type->oneof_decl(i)->full_name();
    }
    for (int i = 0; i < type->enum_type_count(); ++i) CheckEnum(type->enum_type(i));
    for (int i = 0; i < type->nested_type_count(); ++i) CheckMessage(type->nested_type(i));
  }

  std::unique_ptr<pb::DescriptorPool> pool_;
  std::vector<const pb::FileDescriptor*> files_;
  int messages_ = 0;
};

TEST_F(ProtoRulesTest, EverythingIsDocumentedAndEnumsBeginUnspecified) {
  ASSERT_EQ(files_.size(), 6u);
  for (const pb::FileDescriptor* file : files_) {
    for (int i = 0; i < file->message_type_count(); ++i) CheckMessage(file->message_type(i));
    for (int i = 0; i < file->enum_type_count(); ++i) CheckEnum(file->enum_type(i));
    for (int i = 0; i < file->service_count(); ++i) {
      const pb::ServiceDescriptor* service = file->service(i);
      EXPECT_TRUE(Documented(service)) << service->full_name();
      for (int j = 0; j < service->method_count(); ++j) {
        EXPECT_TRUE(Documented(service->method(j))) << service->method(j)->full_name();
      }
    }
  }
  EXPECT_GT(messages_, 20);
}

TEST_F(ProtoRulesTest, PlacesForPersonalDataAreTheAgreedOnesOnly) {
  const std::set<std::string> personal = {"hsa_id", "holder_hsa_id", "card_number"};
  std::set<std::string> found;
  for (const pb::FileDescriptor* file : files_) {
    for (int i = 0; i < file->message_type_count(); ++i) {
      const pb::Descriptor* type = file->message_type(i);
      for (int j = 0; j < type->field_count(); ++j) {
        const std::string& name = type->field(j)->name();
        for (const char* word : {"personnummer", "mail", "upn", "given", "surname", "der", "pin"}) {
          EXPECT_NE(name, word) << type->full_name();
        }
        if (personal.contains(name)) found.insert(type->name());
      }
    }
  }
  EXPECT_EQ(found, (std::set<std::string>{"Card", "Certificate", "CardRow", "ListCardsRequest"}));
}

}  // namespace
}  // namespace kortvakt
