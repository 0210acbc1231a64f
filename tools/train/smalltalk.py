"""What people also say to a model of drawings, the honest answers, and how carelessly people type."""

from wording import UNKNOWN, pick

SMALL_TALK = {
    "Hello! Ask me about the picture.": ["Hello", "Hi", "Hi there!", "Hey", "Good morning!", "Good evening", "Hello!", "Hi!"],
    "You are welcome!": ["Thanks", "Thank you!", "Thanks a lot.", "Thank you very much", "Great, thanks!", "Well done, thank you.", "ok thanks"],
    "Goodbye!": ["Bye", "Goodbye!", "See you.", "See you later", "bye bye", "Good night."],
    "I am a small model that describes simple drawings.": ["Who are you?", "What are you?", "What is your name?", "Are you a human?",
                                                          "Tell me about yourself.", "Who made you?", "Are you an AI?", "Which model are you?"],
    "I can name, count, locate and compare things in a drawing, and read short texts and bar charts.": ["What can you do?", "Help", "How can you help me?", "What can I ask you?",
                                                                       "What do you know?", "What are you able to do?", "What should I ask?"],
    "I am fine, thank you.": ["How are you?", "How do you do?", "Are you well?", "How is it going?", "How are you today?"],
    "I am glad to hear that.": ["Good.", "Great!", "Nice", "Very good", "Cool", "Perfect!", "That is right.", "Correct!", "Well done!"],
}
OFF_TOPIC = [
    "Who painted this?", "What is the capital of France?", "How old is the artist?", "What is the weather like today?",
    "Write a poem about love.", "What is two plus two?", "Who is the president?", "When was this picture taken?",
    "Why is the sky blue?", "Tell me a joke.", "What is the meaning of life?", "How much does it cost?", "What time is it?",
    "Where was this photo taken?", "Can you write some code?", "What is the best movie?", "Translate this into German.",
    "Which music do you like?", "How far is the moon from the earth?", "What did the artist feel?", "Is it going to rain tomorrow?",
    "Who won the game last night?", "How do I cook rice?", "What does the person in the picture wear?", "Is the man happy?",
    "What is the dog doing?", "How many people are in the photo?", "What brand is the car?", "Which city is this?",
    "Explain quantum physics.", "What is your favorite book?", "Do you believe in God?", "How tall is the building?",
    "What is the woman holding?", "Who invented the telephone?", "What should I eat for dinner?", "Solve this equation for me.",
    "What is the name of the cat?", "How many legs does a spider have?", "Recommend a good restaurant.", "What happened in 1989?",
    "Which animal is this?", "What is the temperature?", "Is this picture worth any money?", "Who is standing behind the house?",
]


def small_talk(rng, scene):
    answer = pick(rng, list(SMALL_TALK))
    return "small talk", pick(rng, SMALL_TALK[answer]), answer


def off_topic(rng, scene):
    return "unknown", pick(rng, OFF_TOPIC), UNKNOWN


def carelessly(rng, question):
    """Lower case, no question mark, a slip of the finger: what people really type."""
    if rng.random() < 0.25:
        question = question[0].lower() + question[1:]
    if rng.random() < 0.25:
        question = question.rstrip("?.!")
    if rng.random() < 0.06:
        question = question.replace("color", "colour")
    if rng.random() < 0.06 and len(question) > 8:
        at = int(rng.integers(2, len(question) - 2))
        slip = rng.integers(3)
        if slip == 0:
            question = question[:at] + question[at + 1:]
        elif slip == 1:
            question = question[:at] + question[at + 1] + question[at] + question[at + 2:]
        else:
            question = question[:at] + question[at] + question[at:]
    return question
