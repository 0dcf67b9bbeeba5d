using System;
using System.CommandLine;
using System.IO;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary><c>fidelity</c>: what integers cost, and what quantization costs, on a text.</summary>
internal static class FidelityCommand
{
    /// <summary>A text for measuring is a few pages.</summary>
    private const long TextBytesMax = 16 << 20;

    public static Command Create()
    {
        Option<string> model = Opt.Needed<string>(
            "--model", ".gguf or llama2.c .bin, with its float weights", "FILE");
        Option<string> text = Opt.Needed<string>(
            "--text", "Held-out text, read as one sequence per window", "FILE");
        Option<int> window = Opt.Or<int>("--window", "Tokens of one sequence", "N", 256);
        LanguageOption language = new();
        Command command = ReportCommand.Create("fidelity",
            "Compare the integer model with the float model, token by token over a text", parsed =>
        {
            string path = parsed.GetRequiredValue(model);
            string file = parsed.GetRequiredValue(text);
            if (!File.Exists(file) || new FileInfo(file).Length > TextBytesMax)
            {
                throw new CommandException(
                    $"{file}: no such text, or more than {TextBytesMax} bytes (check the path)");
            }

            using LanguageModel opened = language.Open(parsed, path);
            Tokenizer tokenizer = LanguageOption.TokenizerOf(opened, path);
            int tokens = Math.Clamp(parsed.GetValue(window), 2, opened.Context);
            bool isArtifact = path.EndsWith(".cvm", StringComparison.OrdinalIgnoreCase);
            using Fidelity fidelity = new(opened, isArtifact ? null : path, tokens);
            Add(fidelity, tokenizer, File.ReadAllText(file), tokens);
            Report report = new Report().Add("sameWeights", Row(fidelity.SameWeights));
            if (fidelity.OriginalWeights is { } original)
            {
                report.Add("originalWeights", Row(original));
            }

            return report;
        }, model, text, window);
        language.AddModelTo(command);
        return command;
    }

    private static void Add(Fidelity fidelity, Tokenizer tokenizer, string text, int window)
    {
        int[] ids = tokenizer.Encode(text);
        int body = tokenizer.BeginToken is null ? window : window - 1;
        for (int start = 0; start < ids.Length; start += body)
        {
            int[] part = ids[start..Math.Min(ids.Length, start + body)];
            fidelity.Add(tokenizer.BeginToken is { } begin ? [begin, .. part] : part);
        }
    }

    private static Report Row(FidelityReport report) => new Report()
        .Add("positions", (long)report.Positions)
        .Add("topOnePercent", 100 * report.TopOne)
        .Add("divergenceNats", report.Divergence.ToString(
            "0.000000e0", System.Globalization.CultureInfo.InvariantCulture))
        .Add("perplexity", report.Perplexity)
        .Add("referencePerplexity", report.ReferencePerplexity)
        .Add("perplexityRatio", report.PerplexityRatio.ToString(
            "0.000000", System.Globalization.CultureInfo.InvariantCulture));
}
