import Basics
import Inference
import Sessions

/// The present conversation as the store of sessions knows it.
struct SessionState: Sendable, Equatable {
  /// Counts the conversations since the program began.
  var number = 0
  /// Its place in the store; nil before it has one.
  var id: Int?
  /// The name that a person gave it.
  var title: String?
  /// What it was begun with; nil before its first question.
  var setting: SessionSetting?
  /// What the store was told last.
  var told: SavedSession?
  /// A person has deleted it; what follows in it is not kept either.
  var isDeleted = false
  /// It was held before, and the engine has not read it yet.
  var isResuming = false
  /// The program was asked to begin with a kept conversation, which has not come yet.
  var isAwaited = false
}

extension AppState {
  /// From now on another conversation is held.
  mutating func beginSession() { session = SessionState(number: session.number + 1) }

  /// Takes down what a conversation begins with, at its first question.
  mutating func noteSetting() {
    if session.setting == nil { session.setting = currentSetting }
  }

  /// What a conversation begins with now; nil without a model.
  var currentSetting: SessionSetting? {
    guard let model else { return nil }
    return SessionSetting(
      model: modelReference, modelName: model.name, weightType: model.weightType,
      template: model.template.template.name, system: system, tiles: tiles,
      pictureTokens: pictureTokens.chosen?.text,
      picture: model.seesPictures ? picture?.path : nil, policy: policy, budget: budget.share,
      temperature: sampling.temperature, topP: sampling.topP, seed: sampling.seed,
      maxTokens: sampling.maximumTokens)
  }

  /// The present conversation; nil before its first question.
  var savedSession: SavedSession? {
    guard var setting = session.setting else { return nil }
    setting.policy = policy
    setting.budget = budget.share
    setting.pictureTokens = pictureTokens.chosen?.text
    setting.temperature = sampling.temperature
    setting.topP = sampling.topP
    setting.seed = sampling.seed
    setting.maxTokens = sampling.maximumTokens
    let running = runningAnswer
    let messages = transcript.indices[conversationStart...].compactMap { index in
      SavedMessage(transcript[index], isRunning: index == running)
    }
    return SavedSession(title: session.title, setting: setting, messages: messages)
  }

  /// Lets the store keep the conversation when it has changed. Of an answer that is being written the
  /// whole sentences are kept.
  mutating func keepEffects(after event: AppEvent) -> [AppEffect] {
    switch event {
    case .tick, .passed, .memory, .mouse, .resized: return []
    default: break
    }
    guard options.keepsSessions, !session.isDeleted, !session.isResuming, let now = savedSession,
      now != session.told, session.told != nil || !now.messages.isEmpty
    else { return [] }
    let isNew = session.told == nil
    session.told = now
    let keep = AppEffect.store(.keep(number: session.number, id: session.id, now))
    guard isNew, now.setting.picture != nil, let picture else { return [keep] }
    return [
      keep, .keepPicture(number: session.number, path: picture.path, picture.pixels),
    ]
  }
}

extension SavedMessage {
  /// nil for what is no part of a conversation: sentences of the program, questions that wait.
  ///
  /// - Parameter isRunning: the answer is being written; its whole sentences count.
  init?(_ message: Message, isRunning: Bool) {
    switch message.role {
    case .user:
      guard !message.isQueued else { return nil }
      self.init(role: .question, text: message.text)
    case .model:
      let text = isRunning ? message.text.wholeSentences : message.text
      let note = [message.footnote, message.otherWord].compactMap(\.self).joined(separator: ", ")
      self.init(
        role: .answer, text: text, note: note.isEmpty ? nil : note, isFormer: message.isFormer,
        conditions: message.conditions, tokens: message.tokens, layers: message.layers)
    case .notice, .error: return nil
    }
  }
}

extension String {
  /// The text up to the end of its last line or sentence.
  var wholeSentences: String {
    var end = endIndex
    while end > startIndex {
      let last = index(before: end)
      let character = self[last]
      if character.isNewline || "。！？".contains(character) { break }
      if character.isWhitespace, last > startIndex, ".!?:;".contains(self[index(before: last)]) {
        break
      }
      end = last
    }
    return String(self[..<end])
  }
}
