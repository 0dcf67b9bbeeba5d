using System;
using System.Collections.Generic;
using ComputeVoucher.Execution;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>What a development market serves and orders: a model with inputs of a file, or a
/// language model with a prompt.</summary>
internal sealed class DevWork : IDisposable
{
    /// <summary>Orders for a prompt when nobody says how many.</summary>
    private const int PromptOrders = 6;

    private readonly string? _prompt;
    private readonly uint _tokens;

    private DevWork(string path, IModel model, InputFile inputs, int orders)
    {
        (Path, Model, Inputs, Orders) = (path, model, inputs, orders);
    }

    private DevWork(string path, LanguageModel model, string prompt, uint tokens, int orders)
    {
        (Path, Model, Orders) = (path, model, orders);
        (_prompt, _tokens) = (prompt, tokens);
        Tokenizer = LanguageOption.TokenizerOf(model, path);
        Inputs = Prompts(orders, SampledAt);
    }

    public string Path { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    public IModel Model { get; }

    /// <summary>Only of a language model with a prompt.</summary>
    public Tokenizer? Tokenizer { get; }

    /// <summary>What is ordered many times.</summary>
    public InputFile Inputs { get; }

    public int Orders { get; }

    /// <summary>The prompt; its answer is the same text every time.</summary>
    public string Prompt => _prompt!;

    /// <summary>One order for the prompt.</summary>
    public InputFile OnePrompt => Prompts(1, _ => SamplingOptions.Greedy);

    /// <summary>
    /// Twice what the orders may cost at most, so that the table shows what is left; whole
    /// thousands keep it readable.
    /// </summary>
    /// <exception cref="CommandException">More than a channel can hold.</exception>
    public UInt128 UnitsToBuy
    {
        get
        {
            UInt128 most = UnitsMax(Tokenizer is null ? Inputs : OnePrompt, 1)
                + UnitsMax(Inputs, Orders);
            UInt128 units = ((most * 2 / 1000) + 1) * 1000;
            return units <= VoucherLimits.UnitsMax
                ? units
                : throw new CommandException($"{Orders} orders may cost {most} units, more than "
                    + "a channel holds (order fewer)");
        }
    }

    /// <param name="path">A graph.</param>
    /// <param name="inputs">One input, or several in a row.</param>
    /// <param name="orders">0: one for each input.</param>
    public static DevWork OfInputs(string path, string inputs, int orders)
    {
        IModel model = ModelFile.Open(path);
        InputFile file = InputFile.Load(inputs, model);
        return new DevWork(path, model, file, orders == 0 ? file.Count : orders);
    }

    /// <param name="path">A language model.</param>
    /// <param name="prompt">How the texts begin.</param>
    /// <param name="tokens">Most new ones.</param>
    /// <param name="orders">0: a handful.</param>
    /// <exception cref="CommandException">A graph.</exception>
    public static DevWork OfPrompt(string path, string prompt, uint tokens, int orders)
    {
        LanguageModel model = ModelFile.Open(path) as LanguageModel
            ?? throw new CommandException(
                $"{path}: a graph has no words (give --input FILE instead of --prompt)");
        return new DevWork(path, model, prompt, tokens, orders == 0 ? PromptOrders : orders);
    }

    public void Dispose() => Model.Dispose();

    /// <summary>0.8, 40 candidates, 0.95 of their weight; each order draws differently.</summary>
    private static SamplingOptions SampledAt(int index) => new(
        SamplingOptions.One * 8 / 10, 40, SamplingOptions.One * 95 / 100, 7 + (ulong)index);

    /// <summary>What so many orders say that they cost at most: the channel has to cover that
    /// while they are in flight.</summary>
    private UInt128 UnitsMax(InputFile inputs, int orders)
    {
        ulong[] each = new ulong[Math.Min(inputs.Count, orders)];
        for (int i = 0; i < each.Length; i++)
        {
            each[i] = Model.CheckInput(inputs[i].Span).UnitsMax;
        }

        UInt128 all = 0;
        for (int i = 0; i < orders; i++)
        {
            all += each[i % each.Length];
        }

        return all;
    }

    private InputFile Prompts(int count, Func<int, SamplingOptions> sampling)
    {
        List<ReadOnlyMemory<byte>> records = [];
        for (int i = 0; i < count; i++)
        {
            records.Add(
                LanguageOption.Record(Tokenizer!, Prompt, _tokens, sampling(i)).Encode());
        }

        return InputFile.Of(records);
    }
}
