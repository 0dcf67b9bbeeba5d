using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>Checks receipts without trusting whoever wrote them down.</summary>
internal sealed class ReceiptVerifier : IDisposable
{
    /// <summary>One line of a receipts file: an output of 64 MiB in hex is beyond use.</summary>
    private const int LineCharsMax = 64 << 20;

    private readonly ChannelTerms _channel;
    private readonly Bytes32 _separator;
    private readonly IModel? _model;
    private readonly InputFile? _inputs;
    private readonly RandomOpenings? _openings;
    private readonly Dictionary<Bytes32, int> _inputRoots = [];
    private IModelSession? _session;
    private int _lines;
    private int _executed;
    // Not come to the model's own end; of those that were not executed, the empty ones.
    private int _unfinished;
    private UInt128 _units;

    /// <param name="channel">The terms, which name the keys.</param>
    /// <param name="separator">EIP-712 domain separator of Vouchers.</param>
    /// <param name="model">With it every order whose input is there is executed again.</param>
    /// <param name="inputs">Of a graph; those of a language order are in its line.</param>
    /// <param name="openings">Instead of executing again: opens the trace of the one order that it
    /// is of.</param>
    public ReceiptVerifier(in ChannelTerms channel, in Bytes32 separator, IModel? model,
        InputFile? inputs, RandomOpenings? openings = null)
    {
        (_channel, _separator, _model, _inputs) = (channel, separator, model, inputs);
        _openings = openings;
        for (int i = 0; i < inputs?.Count; i++)
        {
            _inputRoots.TryAdd(model!.CheckInput(inputs[i].Span).InputRoot, i);
        }
    }

    /// <exception cref="CommandException">The first thing that is wrong.</exception>
    public void CheckFile(string path)
    {
        using StreamReader reader = new(path);
        BoundedLines lines = new(reader, LineCharsMax);
        while (lines.TryRead(path, out string? line))
        {
            Check(path, line);
        }

        if (_lines == 0)
        {
            throw new CommandException($"{path}: no receipt in it (is this the right file?)");
        }

        if (_openings is { Checked: 0 })
        {
            throw new CommandException($"{path}: of no line is the trace root that of the trace "
                + "file (give the trace of one of these orders; an order without `--trace` wants "
                + "the node's word too: computevoucher trace, or ask the node that served it)");
        }
    }

    public Report Report()
    {
        Report report = Figures();
        return _openings is null ? report : _openings.AddTo(report);
    }

    private Report Figures() => new Report()
        .Add("valid", true)
        .Add("check", _openings is { Checked: var opened }
                ? $"signatures valid, {opened} of {_lines} opened at random"
            : _executed == _lines ? "signatures valid, executed again"
            : _executed == 0 ? "signatures valid, not executed again"
            : $"signatures valid, {_executed} of {_lines} executed again")
        .Add("receipts", _lines)
        .Add("executedAgain", _executed)
        .Add("onlyWithCancel", _unfinished)
        .Add("units", _units)
        .Add("disputable", _model is null ? "weights not held: not disputable" : "by element");

    public void Dispose() => _session?.Dispose();

    private void Check(string path, string line)
    {
        _lines++;
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            Check(document.RootElement);
        }
        catch (Exception failure) when (failure is JsonException or FormatException
            or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw new CommandException(
                $"{path}:{_lines}: not a receipt line: {failure.Message}", failure);
        }
        catch (CommandException failure)
        {
            throw new CommandException($"{path}:{_lines}: {failure.Message}", failure);
        }
    }

    private void Check(JsonElement line)
    {
        ReceiptLine.Parts parts = ReceiptLine.Read(line);
        Require(ReceiptCheck.Decode(parts.Order, parts.Receipt, _channel, _separator,
            out Order order, out Receipt receipt, out _));
        Require(ReceiptCheck.CheckFields(order, receipt, new KnownWork
        {
            InputRoot = parts.Input is null ? null : InputRecord.Root(parts.Input),
            OutputRoot = parts.Output is null
                ? null : ReceiptLine.OutputRoot(parts.Shapes, parts.Output),
        }));
        _units += receipt.Units;
        _unfinished += receipt.Steps == 0 ? 1 : 0;
        if (_model is not null && order.ModelRoot != _model.ModelRoot)
        {
            throw new CommandException($"the order names model {order.ModelRoot}, the file is "
                + $"{_model.ModelRoot} (give the model that was ordered, with its context)");
        }

        if (parts.Input is { } record && _model is not null)
        {
            CheckWork(order, receipt, record);
        }
        else if (_inputs is not null)
        {
            Require(_inputRoots.TryGetValue(order.InputRoot, out int index)
                ? RefusalReason.None : RefusalReason.InputRootWrong);
            CheckWork(order, receipt, _inputs[index].Span);
        }
    }

    private void CheckWork(in Order order, in Receipt receipt, ReadOnlySpan<byte> input)
    {
        if (_openings is null)
        {
            Execute(order, receipt, input);
        }
        else if (_openings.IsOf(receipt))
        {
            _openings.Check(order, receipt, input.ToArray());
        }
    }

    /// <summary>The strongest check there is: the same function once more.</summary>
    private void Execute(in Order order, in Receipt receipt, ReadOnlySpan<byte> input)
    {
        _session ??= _model!.CreateSession(Backend.Auto, 1);
        bool traced = (order.Flags & OrderFlags.TraceRootWanted) != 0;
        RunResult result = receipt.Steps == 0
            ? RunResult.Nothing(_model!.CheckInput(input).InputRoot)
            : _session.Run(input, new RunOptions
            {
                Trace = traced,
                StepsMax = receipt.Steps,
                Proofs = CostTable.ProofsOf((byte)order.Flags),
            });
        Require(ReceiptCheck.CheckFields(order, receipt, new KnownWork
        {
            InputRoot = result.InputRoot,
            OutputRoot = result.OutputRoot,
            TraceRoot = result.TraceRoot,
            Steps = result.Steps,
            Units = result.Units,
        }));
        _executed++;
        bool isWhole = _model!.CheckOutput(input, result.Output).IsWhole;
        _unfinished += isWhole || receipt.Steps == 0 ? 0 : 1;
    }

    private static void Require(RefusalReason refusal)
    {
        if (refusal != RefusalReason.None)
        {
            throw new CommandException(Refusals.Describe(refusal));
        }
    }
}
