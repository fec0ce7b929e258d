// Which volumes have backups of one PVC, among 50,000 volumes with 14 backups each: reading every label, as asked for
// at first, beside the index.
#include <soteria/longhorn/claim_index.hpp>
#include <soteria/longhorn/recorded_claim.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>

namespace {

using namespace soteria::longhorn;

constexpr int volumes = 50000;
constexpr int backups = 14;

std::shared_ptr<picture> everything() {
    auto made = std::make_shared<picture>();
    for (int volume = 0; volume < volumes; ++volume) {
        backup_list list(backups);
        for (auto& one : list)
            one.labels = {
                {"KubernetesStatus", R"({"namespace":"ai","pvcName":"data-)" + std::to_string(volume) +
                                         R"(","pvName":"pvc-1234abcd","pvStatus":"Bound","lastPVCRefAt":""})"},
                {"longhorn.io/volume-access-mode", "rwo"}};
        made->backups["pvc-" + std::to_string(volume)] = {std::make_shared<const backup_list>(std::move(list)), {}};
    }
    return made;
}

template <class Work>
double milliseconds(Work work) {
    const auto begun = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
}

} // namespace

int main() {
    const auto first = everything();
    std::size_t found = 0;
    const double plain = milliseconds([&] {
        for (const auto& [volume, listed] : first->backups)
            if (std::ranges::any_of(*listed.value, [](const auto& one) {
                    const auto claim = recorded_claim_of(one.labels);
                    return claim && claim->ns == "ai" && claim->pvc == "data-77";
                }))
                ++found;
    });
    claim_index index;
    const double filled = milliseconds([&] { found += index.volumes_that_name(first, {"ai", "data-77"}).size(); });
    auto second = std::make_shared<picture>(*first);
    second->backups["pvc-5"].value = std::make_shared<const backup_list>();
    const double changed = milliseconds([&] { found += index.volumes_that_name(second, {"ai", "data-77"}).size(); });
    const double same = milliseconds([&] { found += index.volumes_that_name(second, {"ai", "data-77"}).size(); });
    std::cout << volumes << " volumes with " << backups << " backups: " << plain << " ms reading all labels; index "
              << filled << " ms at first, " << changed << " ms after a change, " << same << " ms otherwise (" << found
              << ")\n";
}
