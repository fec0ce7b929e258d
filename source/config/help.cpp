#include <soteria/config/load.hpp>
#include <soteria/config/variables.hpp>

namespace soteria::config {
namespace {

std::string default_of(const variable& which) {
    if (which.default_text.empty())
        return "none";
    return std::string(which.default_text);
}

} // namespace

std::string help_text() {
    std::string text = "soteria " SOTERIA_VERSION ": backs up and restores PersistentVolumeClaims.\n\n"
                       "usage: soteria [--help | --version]\n\n"
                       "Everything is set by environment variables. In a Pod the service account is used; outside of\n"
                       "one, KUBECONFIG.\n\n";
    for (const variable& each : variables()) {
        text += std::string(each.name) + "  [" + default_of(each);
        if (!each.unit.empty())
            text += " " + std::string(each.unit);
        text += "]\n    " + std::string(each.help) + "\n";
    }
    return text;
}

std::string help_markdown() {
    std::string text = "| variable | default | meaning |\n| --- | --- | --- |\n";
    for (const variable& each : variables()) {
        text += "| `" + std::string(each.name) + "` | ";
        text += each.default_text.empty() ? std::string("none") : "`" + std::string(each.default_text) + "`";
        if (!each.unit.empty())
            text += " " + std::string(each.unit);
        text += " | " + std::string(each.help) + " |\n";
    }
    return text;
}

} // namespace soteria::config
