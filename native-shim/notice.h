// A message of the native part for the driver's log, handed to JavaScript by Instance.
#ifndef WSD_NOTICE_H_
#define WSD_NOTICE_H_

#include <string>

namespace wsd {

enum class NoticeLevel : char { kInfo = 'i', kWarning = 'w', kError = 'e' };

struct Notice {
  NoticeLevel level;
  std::string text;
};

}  // namespace wsd

#endif  // WSD_NOTICE_H_
