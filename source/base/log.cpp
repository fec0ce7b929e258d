#include <soteria/base/log.hpp>
#include <soteria/base/time.hpp>
#include <soteria/base/utf8.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <optional>
#include <string>

namespace soteria::log {
namespace {

struct settings {
    level threshold = level::info;
    format shape = format::json;
    // Unsynchronised: one thread logs (the io_context's).
    std::shared_ptr<spdlog::logger> sink = [] {
        auto logger = std::make_shared<spdlog::logger>("soteria", std::make_shared<spdlog::sinks::stdout_sink_st>());
        logger->set_pattern("%v");
        logger->set_level(spdlog::level::trace);
        logger->flush_on(spdlog::level::trace);
        return logger;
    }();
};

settings& current() {
    static settings instance;
    return instance;
}

std::string_view name_of(level severity) {
    switch (severity) {
    case level::debug:
        return "debug";
    case level::info:
        return "info";
    case level::warning:
        return "warning";
    case level::error:
        return "error";
    }
    return "info";
}

std::optional<level> parse_level(std::string_view name) {
    for (const level candidate : {level::debug, level::info, level::warning, level::error})
        if (name_of(candidate) == name)
            return candidate;
    return std::nullopt;
}

// What JSON leaves as it is and a terminal or a reader of lines does not: DEL, C1 controls, the two line separators.
const char* escape_of(std::string_view sequence) {
    static const std::array<std::string, 32> c1 = [] {
        std::array<std::string, 32> made;
        for (unsigned i = 0; i < made.size(); ++i)
            made[i] = std::string("\\u00") + "89"[i / 16] + "0123456789abcdef"[i % 16];
        return made;
    }();
    if (sequence == "\x7f")
        return "\\u007f";
    if (sequence.size() == 2 && sequence[0] == '\xc2' && static_cast<unsigned char>(sequence[1]) < 0xa0)
        return c1[static_cast<unsigned char>(sequence[1]) - 0x80U].c_str();
    if (sequence == "\xe2\x80\xa8")
        return "\\u2028";
    return sequence == "\xe2\x80\xa9" ? "\\u2029" : nullptr;
}

// A finished line, whose values are JSON already: such bytes stand in strings only.
std::string harmless(std::string_view line) {
    std::string clean;
    clean.reserve(line.size());
    while (!line.empty()) {
        const auto length = utf8_sequence_length(line);
        const auto* const escape = length == 0 ? "\\ufffd" : escape_of(line.substr(0, length));
        if (escape != nullptr)
            clean += escape;
        else
            clean += line.substr(0, length);
        line.remove_prefix(length == 0 ? 1 : length);
    }
    return clean;
}

std::string as_json(level severity, std::string_view message, std::initializer_list<field> fields, bool audited) {
    boost::json::object record{
        {"time", format_rfc3339_micro(system_clock().now())}, {"level", name_of(severity)}, {"message", message}};
    if (audited)
        record["audit"] = true;
    for (const field& each : fields)
        if (!each.value.is_null())
            record[each.name] = each.value;
    return boost::json::serialize(record);
}

std::string as_text(level severity, std::string_view message, std::initializer_list<field> fields, bool audited) {
    std::string line = format_rfc3339(system_clock().now()) + " " + std::string(name_of(severity)) + " ";
    line += message;
    line += audited ? " audit=true" : "";
    for (const field& each : fields) {
        if (each.value.is_null())
            continue;
        line += " ";
        line += each.name;
        line += "=";
        line += boost::json::serialize(each.value);
    }
    return line;
}

void put(level severity, std::string_view message, std::initializer_list<field> fields, bool audited) {
    const bool json = current().shape == format::json;
    const auto line =
        harmless(json ? as_json(severity, message, fields, audited) : as_text(severity, message, fields, audited));
    current().sink->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

} // namespace

bool configure(std::string_view level_name, std::string_view format_name) {
    const auto threshold = parse_level(level_name);
    if (!threshold || (format_name != "json" && format_name != "text"))
        return false;
    current().threshold = *threshold;
    current().shape = format_name == "json" ? format::json : format::text;
    return true;
}

void write(level severity, std::string_view message, std::initializer_list<field> fields) {
    if (severity >= current().threshold)
        put(severity, message, fields, false);
}

void audit(std::string_view message, std::initializer_list<field> fields) {
    put(level::info, message, fields, true);
}

} // namespace soteria::log
