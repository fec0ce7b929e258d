// restic's words, of 0.14 to 0.18. Exit codes say less: up to 0.16 nearly everything is 1, and only 0.17 tells a
// missing repository (10), a lock (11) and a wrong password (12) apart.
#include <soteria/restic/verdict.hpp>

#include <array>

namespace soteria::restic {
namespace {

using lines = std::vector<std::string>;

struct sign {
    std::string_view words;
    std::string_view code;
};

// In order: what restic says about an unreachable store ends with the question of a missing repository.
constexpr std::array<sign, 34> signs{{
    {"wrong password or no key found", "wrong_password"},
    {"an empty password is not a password", "wrong_password"},
    {"repository is already locked", "repository_locked"},
    {"no space left on device", "no_space"},
    {"disk quota exceeded", "no_space"},
    {"The specified bucket does not exist", "repository_missing"},
    {"Access Denied", "repository_refused"},
    {"AccessDenied", "repository_refused"},
    {"InvalidAccessKeyId", "repository_refused"},
    {"ccess Key Id you provided does not exist", "repository_refused"}, // "The AWS A...", "The A..."
    {"provided access key ID", "repository_refused"},
    {"The key '", "repository_refused"}, // Backblaze: The key '...' is not valid
    {"SignatureDoesNotMatch", "repository_refused"},
    {"The request signature we calculated does not match", "repository_refused"},
    {"Malformed Access Key Id", "repository_refused"},
    {"not authorized", "repository_refused"},
    {"403 Forbidden", "repository_refused"},
    {"connection refused", "repository_unreachable"},
    {"connection reset by peer", "repository_unreachable"},
    {"no such host", "repository_unreachable"},
    {"server misbehaving", "repository_unreachable"},
    {"i/o timeout", "repository_unreachable"},
    {"network is unreachable", "repository_unreachable"},
    {"no route to host", "repository_unreachable"},
    {"TLS handshake", "repository_unreachable"},
    {"x509: ", "repository_unreachable"},
    {"context deadline exceeded", "repository_unreachable"},
    {"Client.Timeout exceeded", "repository_unreachable"},
    {"503 Service Unavailable", "repository_unreachable"},
    {"502 Bad Gateway", "repository_unreachable"},
    {"504 Gateway Timeout", "repository_unreachable"},
    {"server gave HTTP response to HTTPS client", "repository_unreachable"},
    {"Is there a repository at the following location?", "repository_missing"},
    {"repository does not exist", "repository_missing"},
}};

// The newest line that holds these words; null: none.
const std::string* line_with(const lines& words, std::string_view part) {
    for (auto each = words.rbegin(); each != words.rend(); ++each)
        if (each->find(part) != std::string::npos)
            return &*each;
    return nullptr;
}

// restic's own words of this line, without what it puts before them.
std::string quoted(const std::string* line) {
    if (line == nullptr)
        return {};
    std::string_view text = *line;
    for (const std::string_view before : {"Fatal: ", "unable to open config file: "})
        if (text.starts_with(before))
            text.remove_prefix(before.size());
    return " (" + std::string(text) + ")";
}

// "repository is already locked exclusively by PID 1 on backup-host by root (UID 0, GID 0)", and since when.
std::string holder(const lines& words) {
    const auto* lock = line_with(words, "repository is already locked");
    std::string text = lock == nullptr ? "" : lock->substr(lock->find("repository is already locked"));
    for (const auto& line : words)
        if (line.starts_with("lock was created at "))
            text += (text.empty() ? "" : "; ") + line;
    return text.empty() ? "another restic holds a lock" : text;
}

std::string sentence(std::string_view code, const lines& words, const std::string* line) {
    if (code == "wrong_password")
        return "the password in the Secret (RESTIC_PASSWORD) does not open the repository; set the one that it was "
               "made "
               "with";
    if (code == "repository_locked")
        return holder(words) +
               "; a lock that was left behind is removed 30 minutes after its last sign of life, so try "
               "again then, or end what holds it";
    if (code == "no_space")
        return "there is no space left" + quoted(line);
    if (code == "repository_missing")
        return "there is no repository at its place in the store; check SOTERIA_RESTIC_REPOSITORY, or let the first "
               "backup make one" +
               quoted(line);
    if (code == "repository_refused")
        return "the store refuses the access key of the Secret" + quoted(line) +
               "; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do";
    return "the store of the repository cannot be reached" + quoted(line) +
           "; check SOTERIA_RESTIC_REPOSITORY, SOTERIA_S3_ENDPOINT and the network from this node";
}

std::string_view code_of_exit(int exit_code) {
    switch (exit_code) {
    case 10:
        return "repository_missing";
    case 11:
        return "repository_locked";
    case 12:
        return "wrong_password";
    default:
        return {};
    }
}

} // namespace

std::optional<meaning> meaning_of(const std::vector<std::string>& words, int exit_code) {
    for (const auto& [part, code] : signs)
        if (const auto* line = line_with(words, part))
            return meaning{std::string(code), sentence(code, words, line)};
    if (const auto code = code_of_exit(exit_code); !code.empty())
        return meaning{std::string(code), sentence(code, words, nullptr)};
    return std::nullopt;
}

} // namespace soteria::restic
