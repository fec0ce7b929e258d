// What is sent to Longhorn: pure functions from arguments to requests.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/longhorn/client.hpp>
#include <soteria/longhorn/refusal.hpp>
#include <soteria/net/http_client.hpp>

#include <map>
#include <string>
#include <string_view>

namespace soteria::longhorn {

struct question {
    net::http_request request;
    request_kind kind = request_kind::reads;
    std::string doing; // "reading volume v": begins every error
    call_options options;

    question(request_kind kind_, std::string doing_, call_options options_)
        : kind(kind_), doing(std::move(doing_)), options(std::move(options_)) {}
};

// Names go into URLs and into Longhorn's own objects: letters, digits, '-', '_', '.'; at most 253; the first is a
// letter or digit.
bool is_plain_name(std::string_view name);
// A name that Longhorn keeps as it is given: a DNS label of 2 to 40 characters.
bool is_lasting_volume_name(std::string_view name);

class question_builder {
public:
    explicit question_builder(std::string base_url);

    [[nodiscard]] question list(std::string_view collection, std::string doing, call_options options) const;
    [[nodiscard]] question get_volume(const std::string& name, call_options options) const;
    [[nodiscard]] question create_volume(const volume_request& asked, call_options options) const;
    [[nodiscard]] question delete_volume(const std::string& name, call_options options) const;
    // POST /v1/<collection>/<name>?action=<action>
    [[nodiscard]] question action(request_kind kind, std::string_view collection, std::string_view name,
                                  std::string_view action, std::string body, std::string doing,
                                  call_options options) const;

private:
    [[nodiscard]] question make(request_kind kind, std::string method, const std::string& path, std::string body,
                                std::string doing, call_options options) const;

    std::string base_url_;
};

std::string named_body(std::string_view name, const std::map<std::string, std::string>& labels = {},
                       std::string_view backup_mode = {});

} // namespace soteria::longhorn
