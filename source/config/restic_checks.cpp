#include "restic_checks.hpp"

#include <soteria/base/quantity.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace soteria::config {
namespace {

constexpr std::string_view repository_name = "SOTERIA_RESTIC_REPOSITORY";
constexpr std::string_view endpoint_name = "SOTERIA_S3_ENDPOINT";

std::string line(std::string_view name, std::string_view rest) {
    return "\n  " + std::string(name) + " " + std::string(rest);
}

// "https://s3.example:9000" in parts. restic's own default scheme is https.
struct endpoint {
    std::string scheme = "https";
    std::string host; // with the port, where it is not the scheme's
    bool operator==(const endpoint&) const = default;
};

bool legal_host(std::string_view host) {
    return !host.empty() && std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':' || c == '[' ||
               c == ']' || c == '_';
    });
}

// nullopt: no host, or more than a host (a user name, a query).
std::optional<endpoint> parse_endpoint(std::string_view text) {
    endpoint found;
    for (const std::string_view scheme : {"https", "http"})
        if (text.starts_with(std::string(scheme) + "://")) {
            found.scheme = scheme;
            text.remove_prefix(scheme.size() + 3);
            break;
        }
    while (text.ends_with('/'))
        text.remove_suffix(1);
    found.host.assign(text);
    std::ranges::transform(found.host, found.host.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (!legal_host(found.host))
        return std::nullopt;
    const std::string usual = found.scheme == "https" ? ":443" : ":80";
    if (found.host.ends_with(usual))
        found.host.resize(found.host.size() - usual.size());
    return found;
}

// "s3:https://host/bucket/path" in its parts; the endpoint's text is empty where it names a bucket alone.
struct location {
    std::string endpoint; // as written, with its scheme
    std::string bucket_and_path;
};

location parse_location(std::string_view text) {
    text.remove_prefix(std::string_view("s3:").size());
    const auto scheme = text.find("://");
    const bool has_scheme = scheme != std::string_view::npos && scheme < text.find('/');
    if (!has_scheme && text.starts_with("//"))
        text.remove_prefix(2);
    const auto after = has_scheme ? scheme + 3 : 0;
    const auto slash = std::min(text.find('/', after), text.size());
    const auto first = text.substr(after, slash - after);
    location found;
    if (!has_scheme && first.find_first_of(".:") == std::string_view::npos) {
        found.bucket_and_path = text;
    } else {
        found.endpoint = text.substr(0, slash);
        found.bucket_and_path = text.substr(std::min(slash + 1, text.size()));
    }
    while (found.bucket_and_path.ends_with('/'))
        found.bucket_and_path.pop_back();
    return found;
}

bool plain(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '@' && c != '?' && c != '#'; });
}

// Only what the text alone tells; the rest is restic's to say.
std::string settle_repository(restic_settings& values) {
    if (!values.repository.starts_with("s3:") || !plain(values.repository))
        return line(repository_name,
                    "must be s3:<host>/<bucket>[/path] or, with SOTERIA_S3_ENDPOINT, s3:<bucket>[/path]; "
                    "keys and passwords belong into the Secret");
    const auto where = parse_location(values.repository);
    if (where.bucket_and_path.empty() || where.bucket_and_path.starts_with('/'))
        return line(repository_name, "names no bucket; it must be s3:<host>/<bucket>[/path]");
    if (where.endpoint.empty() && values.s3_endpoint.empty())
        return line(repository_name,
                    "names a bucket without a host: set SOTERIA_S3_ENDPOINT, or write the host before it "
                    "(s3:<host>/<bucket>; one without a dot as s3:https://<host>/<bucket>)");
    const auto own = parse_endpoint(where.endpoint);
    const auto given = parse_endpoint(values.s3_endpoint);
    if (!where.endpoint.empty() && !own)
        return line(repository_name, "names a host that cannot be one");
    if (!values.s3_endpoint.empty() && !given)
        return line(endpoint_name,
                    "must be a host or a URL without a path, such as s3.example or https://s3.example:9000");
    if (own && given && *own != *given)
        return line(repository_name, "and SOTERIA_S3_ENDPOINT name different endpoints (" + own->scheme + "://" +
                                         own->host + " and " + given->scheme + "://" + given->host +
                                         "); let them agree or leave the latter out");
    std::string_view endpoint = where.endpoint.empty() ? values.s3_endpoint : where.endpoint;
    while (endpoint.ends_with('/'))
        endpoint.remove_suffix(1);
    values.repository = "s3:" + std::string(endpoint) + "/" + where.bucket_and_path;
    return {};
}

bool reserved_word(std::string_view word) {
    constexpr std::array<std::string_view, 7> exact{"--host", "--tag", "--group-by", "--repo", "--repository-file",
                                                    "--json", "--path"};
    constexpr std::array<std::string_view, 2> beginnings{"--password", "--stdin"};
    return std::ranges::find(exact, word) != exact.end() ||
           std::ranges::any_of(beginnings, [word](std::string_view each) { return word.starts_with(each); });
}

// restic takes several short options as one word ("-vr"); the first one that takes a value ends the word.
bool reserved_letters(std::string_view word, std::string_view command) {
    const bool forget = command == "forget";
    const std::string_view reserved = forget ? "rpg" : "rpgH";
    const std::string_view with_value = forget ? "oldwmyH" : "oe";
    for (const char letter : word.substr(1)) {
        if (reserved.find(letter) != std::string_view::npos)
            return true;
        if (with_value.find(letter) != std::string_view::npos)
            return false;
    }
    return false;
}

// A quantity in cores or bytes, for comparisons: parse_quantity() knows whole ones only. 0: refused already.
double amount(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
    if (error == std::errc() && unit.empty())
        return number;
    if (error == std::errc() && unit == "m")
        return number / 1000;
    return static_cast<double>(parse_quantity(text).value_or(0));
}

} // namespace

std::string refuse_reserved(std::string_view variable, std::string_view command,
                            const std::vector<std::string>& given) {
    std::string found;
    for (const auto& each : given) {
        const auto word = std::string_view(each).substr(0, each.find('='));
        const bool refused =
            each.starts_with("--") ? reserved_word(word) : each.starts_with('-') && reserved_letters(each, command);
        if (refused)
            found += line(variable, "may not hold " + std::string(word.substr(0, 40)) + ": Soteria gives it itself");
    }
    return found;
}

std::string settle_restic(settings& values) {
    auto& restic = values.restic;
    std::string found;
    if (!restic.repository.empty())
        found += settle_repository(restic);
    else if (values.backup_driver == "restic")
        found += line(repository_name, "must be set for the restic driver, such as s3:s3.example.com/backups");
    found += refuse_reserved("SOTERIA_RESTIC_BACKUP_ARGS", "backup", restic.backup_args);
    found += refuse_reserved("SOTERIA_RESTIC_FORGET_ARGS", "forget", restic.forget_args);
    const auto more = [](const std::string& request, const std::string& limit) {
        return amount(limit) > 0 && amount(request) > amount(limit);
    };
    if (more(restic.job_cpu_request, restic.job_cpu_limit))
        found += line("SOTERIA_JOB_CPU_REQUEST", "is more than SOTERIA_JOB_CPU_LIMIT");
    if (more(restic.job_memory_request, restic.job_memory_limit))
        found += line("SOTERIA_JOB_MEMORY_REQUEST", "is more than SOTERIA_JOB_MEMORY_LIMIT");
    return found;
}

} // namespace soteria::config
