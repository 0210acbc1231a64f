import Basics
import Inference
import Sessions

/// Something that happened and that the state may care about.
enum AppEvent: Sendable {
  case started
  case key(Key)
  case paste(String)
  /// A line of standard input, in plain mode.
  case line(String)
  case mouse(MouseAction, Point)
  case resized(Size)
  /// The terminal says which theme suits its background.
  case background(Theme)
  case engine(EngineEvent)
  case session(SessionEvent)
  case memory(ProcessMemory)
  /// Some time has passed in which nothing else happened: the spinner advances.
  case tick
  /// Real time has passed while a demonstration plays.
  case passed(Duration)
  /// The answers to effects.
  case completions([String], for: String)
  case pictureRead(PictureQuestion, PictureMention)
  case noted(String)
  /// Something went wrong, and what a script ends with because of it; nil where it goes on.
  case failed(String, ExitStatus?)
}

/// A text that may name pictures, and why that is asked.
enum PictureQuestion: Sendable, Hashable {
  /// What follows `/image`, or was named on the command line.
  case image(String)
  /// Pasted text that may be a picture.
  case offer(String)
  /// A submitted line.
  case submitted(String)

  var text: String {
    switch self {
    case .image(let text), .offer(let text), .submitted(let text): text
    }
  }
}
