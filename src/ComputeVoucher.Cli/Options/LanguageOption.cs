using System;
using System.CommandLine;
using System.Globalization;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary>How much text is wanted, and how its tokens are chosen: shared by everything that
/// prompts a language model.</summary>
internal sealed class LanguageOption
{
    private readonly Option<uint> _tokens = Opt.Or<uint>("--tokens", "Most new tokens", "N", 128);

    private readonly Option<string> _temperature = Opt.Or<string>(
        "--temperature", "0 takes the most likely token; higher is more varied", "T", "0");

    private readonly Option<ulong> _seed = Opt.Of<ulong>(
        "--seed", "The same seed gives the same text, on every machine", "S");

    private readonly Option<uint> _topK = Opt.Or<uint>(
        "--top-k", "Candidates for each token", "K", 40);

    private readonly Option<string> _topP = Opt.Or<string>(
        "--top-p", "Share of the candidates' weight that is kept", "P", "0.95");

    private readonly Option<string> _tokenizer = Opt.Of<string>(
        "--tokenizer", "llama2.c tokenizer file, where the model file holds none", "FILE");

    private readonly Option<int> _context = Opt.Or<int>(
        "--context", "Positions of prompt and answer; part of the model root", "N",
        LanguageModel.DefaultContext);

    public void AddTo(Command command)
    {
        command.Add(_tokens);
        command.Add(_temperature);
        command.Add(_seed);
        command.Add(_topK);
        command.Add(_topP);
        AddModelTo(command);
    }

    /// <summary>Only what opens the model.</summary>
    public void AddModelTo(Command command)
    {
        command.Add(_tokenizer);
        command.Add(_context);
    }

    /// <exception cref="CommandException">Not a language model.</exception>
    public LanguageModel Open(ParseResult parsed, string path)
    {
        if (path.EndsWith(".tflite", StringComparison.OrdinalIgnoreCase))
        {
            throw new CommandException($"{path}: a graph has no tokens (use infer)");
        }

        return LanguageModel.Open(path, new LanguageOptions
        {
            Context = parsed.GetValue(_context),
            TokenizerPath = parsed.GetValue(_tokenizer),
        });
    }

    /// <exception cref="CommandException">Neither in the model's file nor beside it.</exception>
    public static Tokenizer TokenizerOf(LanguageModel model, string path) => model.Tokenizer
        ?? throw new CommandException(
            $"{path}: no tokenizer in the file or beside it (give --tokenizer FILE)");

    /// <summary>The canonical input of a prompt.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="prompt">How the text begins.</param>
    /// <param name="index">Several prompts of one command draw differently.</param>
    public InputRecord Record(
        ParseResult parsed, Tokenizer tokenizer, string prompt, ulong index = 0) =>
        Record(tokenizer, prompt, parsed.GetValue(_tokens), Sampling(parsed, index));

    /// <summary>The canonical input of a prompt, at most so many new tokens.</summary>
    public static InputRecord Record(
        Tokenizer tokenizer, string prompt, uint tokens, SamplingOptions sampling)
    {
        // Models of short texts end with their begin token as often as with their end token.
        int[] ends = (tokenizer.BeginToken, tokenizer.EndToken) switch
        {
            (int begin, int end) when begin != end => [begin, end],
            (_, int end) => [end],
            (int begin, null) => [begin],
            _ => [],
        };
        return new InputRecord(tokenizer.EncodePrompt(prompt), tokens, ends, sampling);
    }

    private SamplingOptions Sampling(ParseResult parsed, ulong index)
    {
        // All of them are looked at, also where temperature 0 does not use them.
        uint temperature = Fixed(parsed, _temperature, 0, SamplingOptions.TemperatureMax);
        uint topP = Fixed(parsed, _topP, 1, SamplingOptions.One);
        uint topK = parsed.GetValue(_topK) is >= 1 and <= SamplingOptions.TopKMax and uint k
            ? k
            : throw new UsageException($"{_topK.Name} {parsed.GetValue(_topK)}: between 1 and "
                + $"{SamplingOptions.TopKMax} is wanted");
        return temperature == 0
            ? SamplingOptions.Greedy
            : new SamplingOptions(
                temperature, topK, topP, unchecked(parsed.GetValue(_seed) + index));
    }

    /// <summary>Decimal text to Q.16, by decimal arithmetic: the same everywhere.</summary>
    private static uint Fixed(ParseResult parsed, Option<string> option, uint min, uint max)
    {
        string text = parsed.GetRequiredValue(option);
        decimal one = SamplingOptions.One;
        return decimal.TryParse(text, NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture, out decimal value) && value <= max / one
            && decimal.Round(value * one) >= min
            ? (uint)decimal.Round(value * one)
            : throw new UsageException($"{option.Name} {text}: a number "
                + $"{(min > 0 ? "above" : "from")} 0 and at most {max / one:0} is wanted");
    }
}
