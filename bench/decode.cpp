// A list of 2,000 Longhorn volumes: our decoder beside Boost.JSON's plain parse of the same text, which does less.
#include <soteria/longhorn/decode.hpp>

#include <boost/json.hpp>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>

namespace {

constexpr int volumes = 2000;
constexpr int rounds = 20;

std::string volume_list() {
    std::ifstream file(SOTERIA_TEST_DATA "/longhorn/volumes-list-mixed.json");
    std::stringstream text;
    text << file.rdbuf();
    const auto recorded = boost::json::parse(text.str());
    const auto& body = recorded.at("body");
    auto list = body.is_string() ? boost::json::parse(body.as_string()) : body;
    auto& data = list.at("data").as_array();
    const auto one = data.at(0);
    data.clear();
    for (int i = 0; i < volumes; ++i) {
        data.push_back(one);
        data.back().as_object()["name"] = "pvc-" + std::to_string(i);
        data.back().as_object()["id"] = "pvc-" + std::to_string(i);
    }
    return boost::json::serialize(list);
}

double cpu_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

// The least CPU time of `rounds`, in milliseconds.
template <class Work>
double least_milliseconds(Work work) {
    double least = 1e9;
    for (int round = 0; round < rounds; ++round) {
        const double begun = cpu_seconds();
        work();
        least = std::min(least, (cpu_seconds() - begun) * 1000);
    }
    return least;
}

} // namespace

int main() {
    const std::string text = volume_list();
    std::size_t seen = 0;
    const double ours = least_milliseconds([&] {
        auto list = soteria::longhorn::decode_list<soteria::longhorn::volume>(text);
        seen = list ? list->size() : 0;
    });
    const double parse = least_milliseconds([&] { seen += boost::json::parse(text).is_object() ? 0U : 1U; });
    std::cout << seen << " volumes, " << text.size() / 1024 << " KiB: decoded in " << ours << " ms of CPU ("
              << ours * 1000 / volumes << " us each); plain parse alone " << parse << " ms; ratio " << ours / parse
              << '\n';
}
