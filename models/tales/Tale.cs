using System.Text;
using ComputeVoucher.ModelFiles;

namespace ComputeVoucher.Models.Tales;

/// <summary>
/// The text this model is trained on: short tales that this program makes up. A hero with a
/// pronoun, a
/// friend, a thing, a place and a kind of weather run through each tale, so that a model that
/// follows
/// them has learned more than word pairs.
/// </summary>
internal sealed class Tale
{
    private static readonly (string Name, string He, string His, string Him)[] s_heroes =
    [
        ("Mira", "she", "her", "her"), ("Tom", "he", "his", "him"), ("Lena", "she", "her", "her"),
        ("Oskar", "he", "his", "him"), ("Nia", "she", "her", "her"), ("Paul", "he", "his", "him"),
        ("Ada", "she", "her", "her"), ("Ben", "he", "his", "him"), ("Ruth", "she", "her", "her"),
        ("Emil", "he", "his", "him"), ("Ida", "she", "her", "her"), ("Jonas", "he", "his", "him"),
    ];

    private static readonly string[] s_animals =
    [
        "fox", "owl", "hedgehog", "crow", "otter", "hare", "badger", "heron", "mouse", "goat",
        "seal", "sparrow",
    ];

    private static readonly string[] s_things =
    [
        "lantern", "kite", "red boat", "wooden box", "silver key", "blue cup", "old map", "drum",
        "warm coat", "basket", "small bell", "mirror",
    ];

    private static readonly string[] s_places =
    [
        "the harbour", "the mill", "the forest", "the old bridge", "the lighthouse", "the garden",
        "the market", "the hill", "the river", "the barn", "the bakery", "the quiet lake",
    ];

    private static readonly (string Sky, string Felt)[] s_weathers =
    [
        ("It was raining", "wet"), ("The sun was shining", "warm"), ("Snow was falling", "cold"),
        ("A strong wind was blowing", "cold"), ("The fog was thick", "lost"),
        ("The night was clear", "calm"),
    ];

    private static readonly string[] s_kinds =
    [
        "kind", "brave", "shy", "curious", "clever", "careful", "proud", "gentle", "stubborn",
        "merry",
    ];

    private static readonly string[] s_foods =
    [
        "bread", "soup", "apples", "honey", "cheese", "pears", "cake", "berries",
    ];

    private static readonly string[] s_lessons =
    [
        "a friend is worth more than a treasure", "it is good to ask for help",
        "the slow way can be the right way", "a promise is easy to give and hard to keep",
        "small hands can do great work", "nobody is too small to help",
        "it is better to share than to hide", "the truth is the shortest road home",
    ];

    private readonly Prng _random;
    private readonly StringBuilder _text = new();
    private readonly (string Name, string He, string His, string Him) _hero;
    private readonly string _kind;
    private readonly string _animal;
    private readonly string _thing;
    private readonly string _place;
    private readonly string _other;
    private readonly string _food;
    private readonly (string Sky, string Felt) _weather;

    private Tale(Prng random)
    {
        _random = random;
        _hero = s_heroes[random.Below(s_heroes.Length)];
        _kind = Pick(s_kinds);
        _animal = Pick(s_animals);
        _thing = Pick(s_things);
        _place = Pick(s_places);
        _food = Pick(s_foods);
        _weather = s_weathers[random.Below(s_weathers.Length)];
        do
        {
            _other = Pick(s_places);
        }
        while (_other == _place);
    }

    /// <summary>One tale of about 90 words, without a line break.</summary>
    public static string Tell(Prng random)
    {
        Tale tale = new(random);
        tale.Begin();
        switch (random.Below(4))
        {
            case 0:
                tale.Lose();
                break;
            case 1:
                tale.Rescue();
                break;
            case 2:
                tale.Trade();
                break;
            default:
                tale.Search();
                break;
        }

        tale.End();
        return tale._text.ToString();
    }

    private string Pick(string[] choices) => choices[_random.Below(choices.Length)];

    private string Pick(string a, string b) => _random.Below(2) == 0 ? a : b;

    private string Pick(string a, string b, string c) => _random.Below(3) switch
    {
        0 => a,
        1 => b,
        _ => c,
    };

    private void Say(string sentence)
    {
        if (_text.Length > 0)
        {
            _text.Append(' ');
        }

        _text.Append(char.ToUpperInvariant(sentence[0])).Append(sentence, 1, sentence.Length - 1);
    }

    private static string A(string noun) =>
        ("aeiou".Contains(noun[0], System.StringComparison.Ordinal) ? "an " : "a ") + noun;

    private void Begin()
    {
        string child = _hero.He == "she" ? "girl" : "boy";
        Say(Pick("Once upon a time there was ", "There once was ", "Long ago there lived ")
            + $"{A(_kind)} {child} named {_hero.Name}.");
        Say($"{_hero.Name} lived near {_place} and had {A(_thing)}.");
        Say(Pick(
            $"{_hero.He} took the {_thing} everywhere.",
            $"{_hero.He} loved the {_thing} more than anything.",
            $"The {_thing} was a gift from {_hero.His} grandmother."));
        Say($"One {Pick("morning", "evening", "day")} {_hero.Name} walked to {_other}.");
        Say($"{_weather.Sky}, and {_hero.Name} felt {_weather.Felt}.");
    }

    private void Lose()
    {
        Say($"Near {_other} {_hero.He} looked into {_hero.His} bag, and the {_thing} was gone.");
        Say($"{_hero.Name} began to {Pick("cry", "run in circles", "call out loud")}.");
        Meet();
        Say($"\"I saw your {_thing} near {_place},\" said the {_animal}.");
        Say($"They went back to {_place} together, and there was the {_thing}.");
        Thank();
    }

    private void Rescue()
    {
        Say($"{_hero.He} heard a small voice.");
        string trap = Pick("branch", "stone", "net");
        Say($"{A(_animal)} was caught under a {trap} and could not move.");
        Say($"\"Please help me,\" said the {_animal}.");
        Say($"{_hero.Name} used the {_thing} to set the {_animal} free.");
        Say($"The {_animal} {Pick("jumped", "danced", "sang")} for joy.");
        Say($"From that day on the {_animal} followed {_hero.Him} everywhere.");
    }

    private void Trade()
    {
        Meet();
        Say($"\"I am hungry,\" said the {_animal}. \"Do you have any {_food}?\"");
        Say($"{_hero.Name} had no {_food}, but {_hero.He} had the {_thing}.");
        Say($"{_hero.He} gave the {_thing} to the baker and got {_food} for it.");
        string mood = Pick("happy", "full", "glad");
        Say($"They ate the {_food} together, and the {_animal} was {mood}.");
        Say($"The next day the {_animal} brought the {_thing} back to {_hero.Him}.");
    }

    private void Search()
    {
        Meet();
        Say($"\"There is a treasure at {_other}, but nobody can find it,\" said the {_animal}.");
        Say($"They looked {Pick("under the stones", "behind the trees", "all day long")}.");
        Say($"When it grew dark, {_hero.Name} was {Pick("tired", "afraid", "ready to give up")}.");
        Say($"Then the {_animal} found a door, and the {_thing} helped them to open it.");
        Say($"Inside there was no gold, only {_food} and a warm fire.");
    }

    private void Meet()
    {
        Say(Pick(
            $"There {_hero.He} met {A(_animal)}.",
            $"Then {A(_animal)} came along.",
            $"{A(_animal)} was sitting by the road."));
        Say($"\"Why are you here?\" asked {_hero.Name}.");
    }

    private void Thank()
    {
        Say($"\"Thank you,\" said {_hero.Name}, and gave the {_animal} some {_food}.");
        Say($"{_hero.Name} and the {_animal} became friends.");
    }

    private void End()
    {
        Say($"When {_hero.Name} came home to {_place}, {_hero.He} told {_hero.His} "
            + $"{Pick("mother", "father", "brother")} everything.");
        Say($"And {_hero.Name} knew that {Pick(s_lessons)}.");
    }
}
