/// Which part of the conversation a position belongs to.
public enum Segment: UInt8, Sendable, CaseIterable {
  case system, image, user, assistant
}
