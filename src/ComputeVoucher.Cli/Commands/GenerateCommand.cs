using System;
using System.Buffers.Binary;
using System.CommandLine;
using System.Diagnostics;
using System.IO;
using System.Text;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary><c>generate</c>: text as it comes on standard output, the prompt first; figures on
/// standard error.</summary>
internal sealed class GenerateCommand
{
    private readonly Option<string> _model = Opt.Needed<string>(
        "--model", ".gguf, llama2.c .bin or .cvm", "FILE");

    private readonly Option<string> _prompt = Opt.Needed<string>(
        "--prompt", "How the text begins", "TEXT");

    private readonly Option<string> _record = Opt.Of<string>(
        "--record", "Write the canonical input too: what infer reads and an order carries", "FILE");

    private readonly LanguageOption _language = new();

    public static Command Create()
    {
        GenerateCommand generate = new();
        Command command = new("generate", "Let a language model go on with a text")
        {
            generate._model, generate._prompt, generate._record, BackendOption.Backend,
            BackendOption.Threads,
        };
        generate._language.AddTo(command);
        command.SetAction(generate.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        string path = parsed.GetRequiredValue(_model);
        string prompt = parsed.GetRequiredValue(_prompt);
        bool json = parsed.GetValue(CommonOptions.Json);
        (Backend backend, int threads) = BackendOption.Parse(parsed);
        using LanguageModel model = _language.Open(parsed, path);
        Tokenizer tokenizer = LanguageOption.TokenizerOf(model, path);
        InputRecord record = _language.Record(parsed, tokenizer, prompt);
        byte[] input = record.Encode();
        if (parsed.GetValue(_record) is { } file)
        {
            File.WriteAllBytes(file, input);
        }

        using IModelSession session = model.CreateSession(backend, threads);
        TokenText text = tokenizer.CreateText();
        foreach (int id in record.Prompt)
        {
            _ = text.Append(id);
        }

        StringBuilder all = new();
        bool isRead = true;
        void Show(string piece)
        {
            all.Append(piece);
            isRead = json || (isRead && StandardOutput.TryWrite(piece));
        }

        Show(prompt);

        long start = Stopwatch.GetTimestamp();
        long first = 0;
        RunResult result = session.Run(input, default, (step, added) =>
        {
            first = step == 1 ? Stopwatch.GetTimestamp() : first;
            Show(text.Append(BinaryPrimitives.ReadInt32LittleEndian(added)));
            return isRead;
        });
        Show(text.End() + (json ? "" : "\n"));
        Report figures = new Report()
            .Add("modelRoot", model.ModelRoot.ToString())
            .Add("promptTokens", record.Prompt.Length)
            .Add("tokens", result.Steps)
            .Add("units", (UInt128)result.Units)
            .Add("firstTokenMs", Stopwatch.GetElapsedTime(start, first).TotalMilliseconds)
            .Add("tokensPerSecond",
                (result.Steps - 1) / Math.Max(1e-9, Stopwatch.GetElapsedTime(first).TotalSeconds))
            .Add("outputRoot", result.OutputRoot.ToString())
            .Add("backend", Backends.NameOf(session.Backend));
        if (json)
        {
            figures.Add("text", all.ToString()).Print(json: true);
            return ExitStatus.Done;
        }

        Console.Error.Write(figures.ToText());
        return isRead ? ExitStatus.Done : ExitStatus.NobodyReads;
    }
}
