using System;
using System.CommandLine;
using System.IO;
using System.Text;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary><c>tokenize</c>: texts on standard input, a line of ids for each on standard output.
/// </summary>
internal static class TokenizeCommand
{
    /// <summary>Standard input that is read into memory.</summary>
    private const int InputBytesMax = 64 << 20;

    public static Command Create()
    {
        Option<string> model = Opt.Needed<string>(
            "--model", ".gguf, llama2.c .bin or .cvm", "FILE");
        Option<string> separator = Opt.Of<string>(
            "--separator", "A line that parts texts of several lines (default: a line is a text)",
            "LINE");
        Option<bool> prompt = Opt.Flag(
            "--as-prompt", "With the begin token where the model expects it");
        Command command = new("tokenize", "Ids of texts, one line a text")
        {
            model, separator, prompt,
        };
        Option<string> file = Opt.Of<string>(
            "--tokenizer", "llama2.c tokenizer file, instead of the model's own", "FILE");
        command.Add(file);
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(model);
            Tokenizer tokenizer = parsed.GetValue(file) is { } own
                ? Tokenizer.OpenLlama2c(own)
                : Tokenizer.Open(path);
            bool asPrompt = parsed.GetValue(prompt);
            foreach (string text in Texts(ReadInput(), parsed.GetValue(separator)))
            {
                int[] ids = asPrompt ? tokenizer.EncodePrompt(text) : tokenizer.Encode(text);
                Console.Out.WriteLine(parsed.GetValue(CommonOptions.Json)
                    ? "[" + string.Join(',', ids) + "]"
                    : string.Join(' ', ids));
            }

            return ExitStatus.Done;
        });
        return command;
    }

    /// <summary>The last line end, or the last separator, ends a text and begins none.</summary>
    private static string[] Texts(string input, string? separator)
    {
        string end = separator is null ? "\n" : $"\n{separator}\n";
        return (input.EndsWith(end, StringComparison.Ordinal) ? input[..^end.Length] : input)
            .Split(end);
    }

    private static string ReadInput()
    {
        using Stream stream = Console.OpenStandardInput();
        using MemoryStream all = new();
        byte[] piece = new byte[81920];
        for (int read = stream.Read(piece); read > 0; read = stream.Read(piece))
        {
            if (all.Length + read > InputBytesMax)
            {
                throw new CommandException(
                    $"standard input: more than {InputBytesMax} bytes of text");
            }

            all.Write(piece, 0, read);
        }

        return Encoding.UTF8.GetString(all.GetBuffer(), 0, (int)all.Length);
    }
}
