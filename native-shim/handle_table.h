// The host's handles and the instances behind them.
//
// Threads: any. A handle is never given out twice in a process. Whoever looks an instance up shares its
// ownership, so it lives on while a call is inside, even when the handle is closed meanwhile.
#ifndef WSD_HANDLE_TABLE_H_
#define WSD_HANDLE_TABLE_H_

#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace wsd {

template <typename Instance>
class HandleTable {
 public:
  long Insert(std::shared_ptr<Instance> instance) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const long handle = next_handle_++;
    instances_.emplace(handle, std::move(instance));
    return handle;
  }

  // Null when the handle is not in the table.
  std::shared_ptr<Instance> Find(long handle) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto entry = instances_.find(handle);
    return entry == instances_.end() ? nullptr : entry->second;
  }

  // Removes the handle for good. Null when it is not in the table: somebody else removed it.
  std::shared_ptr<Instance> Remove(long handle) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto entry = instances_.find(handle);
    if (entry == instances_.end()) return nullptr;
    std::shared_ptr<Instance> instance = std::move(entry->second);
    instances_.erase(entry);
    return instance;
  }

  std::vector<std::shared_ptr<Instance>> RemoveAll() {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<std::shared_ptr<Instance>> all;
    all.reserve(instances_.size());
    for (auto& entry : instances_) all.push_back(std::move(entry.second));
    instances_.clear();
    return all;
  }

 private:
  // Hosts call with handles that are not ours (0, uninitialised, another driver's 1 or 1681), so ours start
  // where such numbers are unlikely. The value fits a 32-bit long.
  static constexpr long kFirstHandle = 0x57530001;

  std::mutex mutex_;
  std::map<long, std::shared_ptr<Instance>> instances_;
  long next_handle_ = kFirstHandle;
};

}  // namespace wsd

#endif  // WSD_HANDLE_TABLE_H_
