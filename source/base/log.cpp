#include <soteria/base/log.hpp>
#include <soteria/base/time.hpp>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

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

std::string as_json(level severity, std::string_view message, std::initializer_list<field> fields) {
    boost::json::object record{
        {"time", format_rfc3339_micro(system_clock().now())}, {"level", name_of(severity)}, {"message", message}};
    for (const field& each : fields)
        record[each.name] = each.value;
    return boost::json::serialize(record);
}

std::string as_text(level severity, std::string_view message, std::initializer_list<field> fields) {
    std::string line = format_rfc3339(system_clock().now()) + " " + std::string(name_of(severity)) + " ";
    line += message;
    for (const field& each : fields) {
        line += " ";
        line += each.name;
        line += "=";
        line += boost::json::serialize(each.value);
    }
    return line;
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
    if (severity < current().threshold)
        return;
    const std::string line =
        current().shape == format::json ? as_json(severity, message, fields) : as_text(severity, message, fields);
    current().sink->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

} // namespace soteria::log
