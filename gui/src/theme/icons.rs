//! The icons, each by what it shows. All are of one set: Phosphor.

/// Arrows clockwise.
pub const ARROWS_CLOCKWISE: char = '\u{e094}';
/// Arrows left right.
pub const ARROWS_LEFT_RIGHT: char = '\u{e0a0}';
/// Arrow counter clockwise.
pub const ARROW_COUNTER_CLOCKWISE: char = '\u{e038}';
/// Arrow down.
pub const ARROW_DOWN: char = '\u{e03e}';
/// Arrow left.
pub const ARROW_LEFT: char = '\u{e058}';
/// Arrow right.
pub const ARROW_RIGHT: char = '\u{e06c}';
/// Arrow up.
pub const ARROW_UP: char = '\u{e08e}';
/// Boat.
pub const BOAT: char = '\u{e786}';
/// Bookmark simple.
pub const BOOKMARK_SIMPLE: char = '\u{e0ea}';
/// Caret down.
pub const CARET_DOWN: char = '\u{e136}';
/// Caret left.
pub const CARET_LEFT: char = '\u{e138}';
/// Caret right.
pub const CARET_RIGHT: char = '\u{e13a}';
/// Caret up.
pub const CARET_UP: char = '\u{e13c}';
/// Check.
pub const CHECK: char = '\u{e182}';
/// Check circle.
pub const CHECK_CIRCLE: char = '\u{e184}';
/// Circle half.
pub const CIRCLE_HALF: char = '\u{e18c}';
/// Clipboard text.
pub const CLIPBOARD_TEXT: char = '\u{e198}';
/// Clock.
pub const CLOCK: char = '\u{e19a}';
/// Copy.
pub const COPY: char = '\u{e1ca}';
/// Desktop.
pub const DESKTOP: char = '\u{e560}';
/// Dots three.
pub const DOTS_THREE: char = '\u{e1fe}';
/// Dots three vertical.
pub const DOTS_THREE_VERTICAL: char = '\u{e208}';
/// Download simple.
pub const DOWNLOAD_SIMPLE: char = '\u{e20c}';
/// Eye.
pub const EYE: char = '\u{e220}';
/// Eye slash.
pub const EYE_SLASH: char = '\u{e224}';
/// File.
pub const FILE: char = '\u{e230}';
/// Files.
pub const FILES: char = '\u{e710}';
/// File audio.
pub const FILE_AUDIO: char = '\u{ea20}';
/// File code.
pub const FILE_CODE: char = '\u{e914}';
/// File dashed.
pub const FILE_DASHED: char = '\u{e704}';
/// File image.
pub const FILE_IMAGE: char = '\u{ea24}';
/// File pdf.
pub const FILE_PDF: char = '\u{e702}';
/// File text.
pub const FILE_TEXT: char = '\u{e23a}';
/// File video.
pub const FILE_VIDEO: char = '\u{ea22}';
/// File zip.
pub const FILE_ZIP: char = '\u{e958}';
/// Folder.
pub const FOLDER: char = '\u{e24a}';
/// Folder open.
pub const FOLDER_OPEN: char = '\u{e256}';
/// Folder plus.
pub const FOLDER_PLUS: char = '\u{e258}';
/// Folder simple.
pub const FOLDER_SIMPLE: char = '\u{e25a}';
/// Gear.
pub const GEAR: char = '\u{e270}';
/// Globe.
pub const GLOBE: char = '\u{e288}';
/// Hard drives.
pub const HARD_DRIVES: char = '\u{e2a0}';
/// Hourglass.
pub const HOURGLASS: char = '\u{e2b2}';
/// House.
pub const HOUSE: char = '\u{e2c2}';
/// Info.
pub const INFO: char = '\u{e2ce}';
/// Key.
pub const KEY: char = '\u{e2d6}';
/// Laptop.
pub const LAPTOP: char = '\u{e586}';
/// Link.
pub const LINK: char = '\u{e2e2}';
/// Link simple.
pub const LINK_SIMPLE: char = '\u{e2e6}';
/// List checks.
pub const LIST_CHECKS: char = '\u{eadc}';
/// Lock simple.
pub const LOCK_SIMPLE: char = '\u{e308}';
/// Magnifying glass.
pub const MAGNIFYING_GLASS: char = '\u{e30c}';
/// Moon.
pub const MOON: char = '\u{e330}';
/// Pause.
pub const PAUSE: char = '\u{e39e}';
/// Pencil simple.
pub const PENCIL_SIMPLE: char = '\u{e3b4}';
/// Play.
pub const PLAY: char = '\u{e3d0}';
/// Plugs.
pub const PLUGS: char = '\u{eb56}';
/// Plugs connected.
pub const PLUGS_CONNECTED: char = '\u{eb5a}';
/// Plus.
pub const PLUS: char = '\u{e3d4}';
/// Prohibit.
pub const PROHIBIT: char = '\u{e3de}';
/// Push pin.
pub const PUSH_PIN: char = '\u{e3e2}';
/// Question.
pub const QUESTION: char = '\u{e3e8}';
/// Queue.
pub const QUEUE: char = '\u{e6ac}';
/// Share network.
pub const SHARE_NETWORK: char = '\u{e408}';
/// Shield check.
pub const SHIELD_CHECK: char = '\u{e40c}';
/// Shield warning.
pub const SHIELD_WARNING: char = '\u{e412}';
/// Sign out.
pub const SIGN_OUT: char = '\u{e42a}';
/// Spinner.
pub const SPINNER: char = '\u{e66a}';
/// Star.
pub const STAR: char = '\u{e46a}';
/// Stop.
pub const STOP: char = '\u{e46c}';
/// Sun.
pub const SUN: char = '\u{e472}';
/// Swap.
pub const SWAP: char = '\u{e83c}';
/// Trash.
pub const TRASH: char = '\u{e4a6}';
/// Tray.
pub const TRAY: char = '\u{e4aa}';
/// Upload simple.
pub const UPLOAD_SIMPLE: char = '\u{e4c0}';
/// User.
pub const USER: char = '\u{e4c2}';
/// Users.
pub const USERS: char = '\u{e4d6}';
/// Warning.
pub const WARNING: char = '\u{e4e0}';
/// Warning circle.
pub const WARNING_CIRCLE: char = '\u{e4e2}';
/// Warning octagon.
pub const WARNING_OCTAGON: char = '\u{e4e4}';
/// Wifi slash.
pub const WIFI_SLASH: char = '\u{e4f2}';
/// X.
pub const X: char = '\u{e4f6}';
/// X circle.
pub const X_CIRCLE: char = '\u{e4f8}';
