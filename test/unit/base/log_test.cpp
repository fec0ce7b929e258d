#include <soteria/base/log.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

#include <array>
#include <cstdio>
#include <unistd.h>

namespace json = boost::json;
using namespace soteria;

namespace {

// What is written to standard output while this object is there.
class caught_output {
public:
    caught_output() : file_(std::tmpfile()), kept_(dup(STDOUT_FILENO)) {
        std::fflush(stdout);
        dup2(fileno(file_), STDOUT_FILENO);
    }

    ~caught_output() {
        give_back();
        std::fclose(file_);
    }

    caught_output(const caught_output&) = delete;
    caught_output& operator=(const caught_output&) = delete;

    std::string text() {
        give_back();
        std::rewind(file_);
        std::string all;
        std::array<char, 4096> some{};
        for (auto count = std::fread(some.data(), 1, some.size(), file_); count > 0;
             count = std::fread(some.data(), 1, some.size(), file_))
            all.append(some.data(), count);
        return all;
    }

private:
    void give_back() {
        if (kept_ < 0)
            return;
        std::fflush(stdout);
        dup2(kept_, STDOUT_FILENO);
        close(kept_);
        kept_ = -1;
    }

    std::FILE* file_;
    int kept_;
};

struct logging {
    ~logging() { log::configure("info", "json"); }

    template <class Write>
    static std::string written(const char* level, const char* format, Write write) {
        log::configure(level, format);
        caught_output output;
        write();
        return output.text();
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(a_log_record, logging)

BOOST_AUTO_TEST_CASE(is_one_json_object_a_line_with_time_level_message_and_its_fields) {
    const auto line = written("info", "json", [] { log::warning("odd", {{"count", 3}, {"name", "x"}}); });
    BOOST_TEST(line.back() == '\n');
    const auto record = json::parse(line).as_object();
    BOOST_TEST(record.at("time").as_string().size() == std::string("2026-04-12T15:30:00.000000Z").size());
    BOOST_TEST(record.at("level").as_string() == "warning");
    BOOST_TEST(record.at("message").as_string() == "odd");
    BOOST_TEST(record.at("count").as_int64() == 3);
    BOOST_TEST(record.if_contains("audit") == nullptr);
}

BOOST_AUTO_TEST_CASE(below_the_level_is_not_written_unless_it_is_for_the_audit) {
    for (const auto* level : {"warning", "error"}) {
        const auto text = written(level, "json", [] {
            log::info("not this");
            log::audit("change requested", {{"user", "brad"}});
        });
        const auto record = json::parse(text).as_object();
        BOOST_TEST(record.at("message").as_string() == "change requested");
        BOOST_TEST(record.at("level").as_string() == "info");
        BOOST_TEST(record.at("audit").as_bool());
    }
    BOOST_TEST(written("error", "text", [] {
                   log::audit("change requested", {{"user", "brad"}});
               }).find(" info change requested audit=true user=\"brad\"\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(leaves_out_what_is_null) {
    for (const auto* format : {"json", "text"}) {
        const auto line = written("info", format, [] { log::info("x", {{"nothing", nullptr}, {"some", 1}}); });
        BOOST_TEST(line.find("nothing") == std::string::npos, line);
        BOOST_TEST(line.find("some") != std::string::npos, line);
    }
}

BOOST_AUTO_TEST_CASE(is_one_line_of_utf8_whatever_is_in_it) {
    const std::string evil = "a\nb\r{\"level\":\"fatal\"}\x1b[31m\x07\x7f\xc2\x9b"
                             "0m\xe2\x80\xa8\xe2\x80\xa9\xff\xc3(\xed\xa0\x80 caf\xc3\xa9";
    for (const auto* format : {"json", "text"}) {
        const auto line = written("info", format, [&] { log::info("x", {{"path", json::value(evil)}}); });
        BOOST_TEST(line.find('\n') == line.size() - 1, line);
        for (const char c : line.substr(0, line.size() - 1))
            BOOST_TEST((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f), line);
        for (const auto* part : {"\xc2\x9b", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xff", "\xc3(", "\xed\xa0"})
            BOOST_TEST(line.find(part) == std::string::npos, line);
        BOOST_TEST(line.find("caf\xc3\xa9") != std::string::npos, line);
    }
    const auto line = written("info", "json", [&] { log::info("x", {{"path", json::value(evil)}}); });
    BOOST_TEST(json::parse(line).as_object().at("path").as_string() ==
               "a\nb\r{\"level\":\"fatal\"}\x1b[31m\x07\x7f\xc2\x9b"
               "0m\xe2\x80\xa8\xe2\x80\xa9\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd caf\xc3\xa9");
}

BOOST_AUTO_TEST_SUITE_END()
