// Short words for what is published.
#pragma once

#include <soteria/events/cursor.hpp>

#include <string>

namespace soteria::test {

inline events::record_change change(events::record_kind kind, const std::string& name, const std::string& version,
                                    bool completes = true) {
    events::record_change made;
    made.about.kind = kind;
    made.about.operation = name;
    made.about.record_namespace = "ai";
    made.about.source = {"ai", "llm-cache"};
    made.version = version;
    made.completes = completes;
    made.body = "event: operation\ndata: " + name + "@" + version + "\n\n";
    return made;
}

inline events::record_change backup(const std::string& name, const std::string& version, bool completes = true) {
    return change(events::record_kind::backup, name, version, completes);
}

inline events::record_change restore(const std::string& name, const std::string& version, bool completes = true) {
    return change(events::record_kind::restore, name, version, completes);
}

inline events::subject row(const std::string& pvc) {
    events::subject made;
    made.what = events::topic::inventory;
    made.source = {"ai", pvc};
    return made;
}

// "id: 1.5.7 a@5|..." of all that a reader finds now; a row is its PVC.
inline std::string read_all(events::cursor& reader) {
    std::string found;
    while (const auto frame = reader.next()) {
        const auto text = *reader.text(frame);
        const auto data = text.find("data: ") + 6;
        found += (found.empty() ? "" : "|") +
                 (text.starts_with("id: ") ? text.substr(4, text.find('\n') - 4) + " " : "") +
                 text.substr(data, text.find('\n', data) - data);
    }
    return found;
}

} // namespace soteria::test
