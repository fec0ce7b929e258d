#include "collection.hpp"
#include "traits.hpp"

#include <soteria/longhorn/decode.hpp>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <utility>

namespace soteria::longhorn {

namespace json = boost::json;

namespace {

failure not_json(std::string_view text, const std::string& why) {
    if (text.empty())
        return failure(errc::bad_answer, "Longhorn's answer makes no sense: it is empty where JSON was asked for.");
    return failure(errc::bad_answer, "Longhorn's answer makes no sense: it is not whole JSON (" + why +
                                         "); it begins with \"" + bounded(text, 80) + "\".");
}

failure wrong_type(const std::string& given, std::string_view wanted) {
    return failure(errc::bad_answer, "Longhorn's answer makes no sense: it is of type \"" + bounded(given, 60) +
                                         "\" where \"" + std::string(wanted) + "\" was asked for.");
}

} // namespace

template <class T>
result<T> decode(std::string_view text) {
    json::monotonic_resource memory(text.size());
    boost::system::error_code ec;
    const auto value = json::parse(text, ec, &memory);
    if (ec)
        return not_json(text, ec.message());
    const auto* object = value.if_object();
    if (object == nullptr)
        return not_json(text, "not an object");
    return traits<T>::decode(*object);
}

template <class T>
struct list_decoder<T>::implementation {
    implementation()
        : parser(json::parse_options(), traits<T>::members(), [this](const json::object& item) -> result<void> {
              auto one = traits<T>::decode(item);
              if (!one)
                  return one.error();
              items.push_back(std::move(*one));
              return {};
          }) {}

    std::vector<T> items;
    std::string beginning; // for the error
    std::optional<failure> error;
    json::basic_parser<collection_handler> parser;
};

template <class T>
list_decoder<T>::list_decoder() : implementation_(std::make_unique<implementation>()) {}

template <class T>
list_decoder<T>::~list_decoder() = default;

template <class T>
list_decoder<T>::list_decoder(list_decoder&&) noexcept = default;

template <class T>
list_decoder<T>& list_decoder<T>::operator=(list_decoder&&) noexcept = default;

template <class T>
result<void> list_decoder<T>::feed(std::string_view part) {
    auto& self = *implementation_;
    if (self.error)
        return *self.error;
    if (self.beginning.size() < 100)
        self.beginning.append(part.substr(0, 100));
    boost::system::error_code ec;
    const auto used = self.parser.write_some(true, part.data(), part.size(), ec);
    // Only blanks may follow the end of the document.
    if (!ec && part.substr(used).find_first_not_of(" \t\r\n") != std::string_view::npos)
        ec = json::error::extra_data;
    if (!ec)
        return {};
    const auto& own = self.parser.handler().error;
    self.error = own ? *own : not_json(self.beginning, ec.message());
    return *self.error;
}

template <class T>
result<std::vector<T>> list_decoder<T>::finish() {
    auto& self = *implementation_;
    if (self.error)
        return *self.error;
    boost::system::error_code ec;
    if (!self.parser.done())
        self.parser.write_some(false, "", 0, ec);
    if (ec || !self.parser.done()) {
        self.error = not_json(self.beginning, ec ? ec.message() : "incomplete");
        return *self.error;
    }
    const auto& seen = self.parser.handler();
    if (!seen.type.empty() && seen.type != "collection")
        self.error = wrong_type(seen.type, "collection");
    else if (!seen.resource_type.empty() && seen.resource_type != traits<T>::type)
        self.error = wrong_type(seen.resource_type, traits<T>::type);
    else if (!seen.saw_data)
        self.error = failure(errc::bad_answer, "Longhorn's answer makes no sense: it is no list (it has no \"data\").");
    if (self.error)
        return *self.error;
    return std::move(self.items);
}

template <class T>
result<std::vector<T>> decode_list(std::string_view text) {
    list_decoder<T> decoder;
    if (auto fed = decoder.feed(text); !fed)
        return fed.error();
    return decoder.finish();
}

template result<volume> decode(std::string_view);
template result<snapshot> decode(std::string_view);
template result<backup> decode(std::string_view);
template result<backup_volume> decode(std::string_view);
template result<backup_target> decode(std::string_view);
template class list_decoder<volume>;
template class list_decoder<snapshot>;
template class list_decoder<backup>;
template class list_decoder<backup_volume>;
template class list_decoder<backup_target>;
template result<std::vector<volume>> decode_list(std::string_view);
template result<std::vector<snapshot>> decode_list(std::string_view);
template result<std::vector<backup>> decode_list(std::string_view);
template result<std::vector<backup_volume>> decode_list(std::string_view);
template result<std::vector<backup_target>> decode_list(std::string_view);

} // namespace soteria::longhorn
