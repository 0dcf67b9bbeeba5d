using System;
using System.Globalization;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Disputes.Tests;

/// <summary>A run as the contracts are told of it.</summary>
/// <param name="Model">Root of the model.</param>
/// <param name="Input">Of the order.</param>
/// <param name="Output">Of the receipt.</param>
/// <param name="Trace">Of the receipt.</param>
/// <param name="Prompt">Tokens; 0 for a graph.</param>
/// <param name="Steps">Of the receipt.</param>
/// <param name="TopK">Of the record; 0 for a graph.</param>
internal readonly record struct ChainRun(
    Bytes32 Model, Bytes32 Input, Bytes32 Output, Bytes32 Trace, uint Prompt, uint Steps,
    uint TopK)
{
    public static ChainRun Of(GraphRun run, Bytes32 traceRoot) => Of(run.Model, traceRoot);

    public static ChainRun Of(GraphModel model, Bytes32 traceRoot) =>
        new(model.ModelRoot, default, default, traceRoot, 0, 1, 0);
}

/// <summary>A chain with the registry and the judges of graphs and of language models.</summary>
public sealed partial class CourtChain : IAsyncLifetime
{
    // The first account of anvil, and what it creates, in this order.
    private const string Sender = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
    private const string Registry = "0x5fbdb2315678afecb367f032d93f642f64180aa3";
    private const string Elements = "0xe7f1725e7734ce288f8367e1bb143e90bb3f0512";
    private const string Languages = "0x9fe46736679d2d9a65f0992f2272de9f3c7fa6e0";
    private const string LanguageElements = "0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9";
    private const string Run = "(bytes32,bytes32,bytes32,bytes32,uint32,uint32,uint32)";
    private const string RunAndAnchor = Run + ",(uint8,uint32,uint8,uint32,bytes32)";

    private static readonly FunctionSelector s_admit =
        FunctionSelector.Of("admit(bytes32,bytes)");
    private static readonly FunctionSelector s_admitLanguage =
        FunctionSelector.Of("admitLanguage(bytes32,bytes)");
    private static readonly FunctionSelector s_store = FunctionSelector.Of("store(bytes)");
    private static readonly FunctionSelector s_start =
        FunctionSelector.Of("start(bytes32,bytes32[])");
    private static readonly FunctionSelector s_proceed =
        FunctionSelector.Of("proceed(bytes32,uint256)");
    private static readonly FunctionSelector s_unitsOf =
        FunctionSelector.Of("unitsOf(bytes32,uint32,uint32,uint8)");
    private static readonly FunctionSelector s_countOf =
        FunctionSelector.Of($"countOf(uint8,{Run})");
    private static readonly FunctionSelector s_tensorOf =
        FunctionSelector.Of($"tensorOf(uint8,{Run},uint256)");
    private static readonly FunctionSelector s_familyOf = FunctionSelector.Of("familyOf(bytes32)");
    private static readonly FunctionSelector s_elementsOf =
        FunctionSelector.Of("elementsOf(bytes32)");
    private static readonly FunctionSelector s_contradicts =
        FunctionSelector.Of($"contradicts({RunAndAnchor},bytes)");
    private static readonly FunctionSelector s_hasOperands =
        FunctionSelector.Of($"hasOperands({Run},bytes)");
    private static readonly FunctionSelector s_explains =
        FunctionSelector.Of($"explains({RunAndAnchor},bytes,bytes,bytes)");
    private static readonly FunctionSelector s_refutes =
        FunctionSelector.Of($"refutes({RunAndAnchor},bytes,bytes,bytes)");

    private AnvilProcess _anvil = null!;

    /// <summary>What is missing for it, or null.</summary>
    public static string? Missing { get; } =
        AnvilProcess.Binary is null ? "anvil is absent: npm ci in src/contracts"
        : File.Exists(Path.Combine(CompiledContract.OutFolder, "LanguageElements.json")) ? null
        : "src/contracts/out is absent: node src/contracts/build.mjs";

    public async Task InitializeAsync()
    {
        if (Missing is not null)
        {
            return;
        }

        _anvil = await AnvilProcess.StartAsync("--hardfork prague --prune-history");
        AbiWriter elements = new AbiWriter().Write(Address.Parse(Elements))
            .Write(Address.Parse(LanguageElements)).Write(Address.Parse(Languages));
        Assert.Equal(Registry, await DeployAsync("Registry", elements));
        AbiWriter registry = new AbiWriter().Write(Address.Parse(Registry));
        Assert.Equal(Elements, await DeployAsync("GraphElements", registry));
        Assert.Equal(Languages, await DeployAsync("Languages", new AbiWriter()));
        AbiWriter languages = new AbiWriter().Write(Address.Parse(Languages));
        Assert.Equal(LanguageElements, await DeployAsync("LanguageElements", languages));
    }

    public async Task DisposeAsync()
    {
        if (_anvil is not null)
        {
            await _anvil.DisposeAsync();
        }
    }

    /// <summary>Admits a model; gas of the transaction, or null where it is refused.</summary>
    internal Task<long?> AdmitAsync(GraphModel model) =>
        AdmitAsync(model.Architecture, model.Description.ParametersRoot);

    internal Task<long?> AdmitAsync(byte[] architecture, Bytes32 parametersRoot) => SendAsync(
        Registry,
        new AbiWriter().Write(parametersRoot).WriteBytes(architecture).ToCall(s_admit));

    /// <summary>Admits a language model.</summary>
    internal Task<long?> AdmitLanguageAsync(byte[] architecture, Bytes32 parametersRoot) =>
        SendAsync(Registry, new AbiWriter().Write(parametersRoot).WriteBytes(architecture)
            .ToCall(s_admitLanguage));

    /// <summary>Stores a page of an architecture, as everybody may.</summary>
    internal Task<long?> StoreAsync(byte[] page) =>
        SendAsync(Registry, new AbiWriter().WriteBytes(page).ToCall(s_store));

    /// <summary>Begins with a model whose pages are stored.</summary>
    internal Task<long?> StartAsync(Bytes32 parametersRoot, params byte[][] pages)
    {
        AbiWriter digests = new();
        foreach (byte[] page in pages)
        {
            _ = digests.Write(Keccak256.Hash(page));
        }

        return SendAsync(
            Registry,
            new AbiWriter().Write(parametersRoot).WriteArray(pages.Length, digests)
                .ToCall(s_start));
    }

    /// <summary>Checks so many operators more.</summary>
    internal Task<long?> ProceedAsync(GraphModel model, ulong operators) => SendAsync(
        Registry, new AbiWriter().Write(model.ModelRoot).Write(operators).ToCall(s_proceed));

    /// <summary>Whether a model would be admitted.</summary>
    internal async Task<bool> WouldAdmitAsync(byte[] architecture, Bytes32 parametersRoot) =>
        await AskAsync(Registry, new AbiWriter().Write(parametersRoot).WriteBytes(architecture)
            .ToCall(s_admit)) is not null;

    /// <summary>Whether a language model would be admitted.</summary>
    internal async Task<bool> WouldAdmitLanguageAsync(
        byte[] architecture, Bytes32 parametersRoot) =>
        await AskAsync(Registry, new AbiWriter().Write(parametersRoot).WriteBytes(architecture)
            .ToCall(s_admitLanguage)) is not null;

    /// <summary>What the registry says that a run costs.</summary>
    internal async Task<ulong> UnitsAsync(GraphModel model, uint steps, byte flags) =>
        (await UnitsAsync(model.ModelRoot, 0, steps, flags))!.Value;

    /// <summary>The same of a language model; null where it refuses.</summary>
    internal async Task<ulong?> UnitsAsync(Bytes32 model, uint prompt, uint steps, byte flags)
    {
        string? units = await AskAsync(Registry, new AbiWriter().Write(model)
            .Write((ulong)prompt).Write((ulong)steps).Write((ulong)flags).ToCall(s_unitsOf));
        return units is null ? null : ulong.Parse(
            units.AsSpan(50), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    /// <summary>Tensors of a list: 0 the trace, 1 the output; null where there is none.</summary>
    internal async Task<long?> CountAsync(ChainRun run, ulong tree)
    {
        string? count = await AskAsync(
            Registry, WriteRun(new AbiWriter().Write(tree), run).ToCall(s_countOf));
        return count is null ? null : long.Parse(
            count.AsSpan(50), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }

    /// <summary>Header and bytes of a tensor of the trace, as the contract encodes them.</summary>
    internal Task<string?> TensorAsync(ChainRun run, ulong tree, int index) => AskAsync(
        Registry,
        WriteRun(new AbiWriter().Write(tree), run).Write((ulong)index).ToCall(s_tensorOf));

    /// <summary>Family, and the contract that judges: as the contract encodes them.</summary>
    internal async Task<string> FamilyAsync(Bytes32 model) =>
        (await AskAsync(Registry, new AbiWriter().Write(model).ToCall(s_familyOf)))!
            + await AskAsync(Registry, new AbiWriter().Write(model).ToCall(s_elementsOf));

    /// <summary>Whether the proof convicts; null where the judge refuses it.</summary>
    internal Task<bool?> ContradictsAsync(GraphRun run, Bytes32 traceRoot, byte[] proof) =>
        CallAsync(Elements, s_contradicts, ChainRun.Of(run, traceRoot), 0, proof);

    /// <summary>Gas of a transaction that judges, data included.</summary>
    internal async Task<long> GasOfAsync(GraphRun run, Bytes32 traceRoot, byte[] proof) =>
        (await SendAsync(
            Elements, Call(s_contradicts, ChainRun.Of(run, traceRoot), 0, [proof])))!.Value;

    internal Task<bool?> ExplainsAsync(
        GraphRun run, Bytes32 traceRoot, byte[] request, byte[] values, byte[] proof) => CallAsync(
            Elements, s_explains, ChainRun.Of(run, traceRoot), 0, request, values, proof);

    internal Task<bool?> RefutesAsync(
        GraphRun run, Bytes32 traceRoot, byte[] request, byte[] values, byte[] proof) => CallAsync(
            Elements, s_refutes, ChainRun.Of(run, traceRoot), 0, request, values, proof);

    /// <summary>The same of a language model; tree 1 is the output.</summary>
    internal Task<bool?> ContradictsAsync(ChainRun run, byte[] proof, ulong tree = 0) =>
        CallAsync(LanguageElements, s_contradicts, run, tree, proof);

    internal async Task<long> GasOfAsync(ChainRun run, byte[] proof) =>
        (await SendAsync(LanguageElements, Call(s_contradicts, run, 0, [proof])))!.Value;

    internal async Task<long> ExplainGasAsync(
        ChainRun run, byte[] request, byte[] values, byte[] proof) => (await SendAsync(
            LanguageElements, Call(s_explains, run, 0, [request, values, proof])))!.Value;

    internal async Task<long> RefuteGasAsync(
        ChainRun run, byte[] request, byte[] values, byte[] proof) => (await SendAsync(
            LanguageElements, Call(s_refutes, run, 0, [request, values, proof])))!.Value;

    internal Task<bool?> ExplainsAsync(
        ChainRun run, byte[] request, byte[] values, byte[] proof) =>
        CallAsync(LanguageElements, s_explains, run, 0, request, values, proof);

    internal Task<bool?> RefutesAsync(
        ChainRun run, byte[] request, byte[] values, byte[] proof) =>
        CallAsync(LanguageElements, s_refutes, run, 0, request, values, proof);

    internal async Task<bool?> HasOperandsAsync(ChainRun run, byte[] request)
    {
        string? answer = await AskAsync(LanguageElements, WriteRun(new AbiWriter(), run)
            .WriteBytes(request).ToCall(s_hasOperands));
        return answer is null ? null : answer[^1] == '1';
    }

    private async Task<bool?> CallAsync(
        string judge, FunctionSelector selector, ChainRun run, ulong tree,
        params byte[][] arguments)
    {
        string? answer = await AskAsync(judge, Call(selector, run, tree, arguments));
        return answer is null ? null : answer[^1] == '1';
    }

    private async Task<string?> AskAsync(string to, byte[] call)
    {
        string data = Hex.Encode(call);
        try
        {
            JsonElement result = await _anvil.RpcAsync(
                "eth_call", $$"""{"to":"{{to}}","data":"{{data}}"},"latest" """);
            return result.GetString();
        }
        catch (InvalidOperationException refused) when (IsRefusal(refused.Message))
        {
            return null;
        }
    }

    // A proof that is cut off may ask for more memory than there is gas for.
    private static bool IsRefusal(string message) =>
        message.Contains("revert", StringComparison.Ordinal)
            || message.Contains("EVM error", StringComparison.Ordinal);

    private static byte[] Call(
        FunctionSelector selector, ChainRun run, ulong tree, byte[][] arguments)
    {
        AbiWriter call = WriteRun(new AbiWriter(), run).Write(tree).Write(0UL).Write(0UL)
            .Write(0UL).Write(default(Bytes32));
        foreach (byte[] argument in arguments)
        {
            _ = call.WriteBytes(argument);
        }

        return call.ToCall(selector);
    }

    private static AbiWriter WriteRun(AbiWriter call, ChainRun run) => call
        .Write(run.Model).Write(run.Input).Write(run.Output).Write(run.Trace)
        .Write((ulong)run.Prompt).Write((ulong)run.Steps).Write((ulong)run.TopK);

    private async Task<string> DeployAsync(string contract, AbiWriter arguments)
    {
        using JsonDocument artifact = JsonDocument.Parse(await File.ReadAllBytesAsync(
            Path.Combine(CompiledContract.OutFolder, contract + ".json")));
        string code = artifact.RootElement.GetProperty("bytecode").GetString()!;
        JsonElement receipt =
            await MineAsync("", code + Hex.Encode(arguments.ToArray())[2..]);
        return receipt.GetProperty("contractAddress").GetString()!;
    }

    private async Task<long?> SendAsync(string to, byte[] data)
    {
        JsonElement receipt = await MineAsync($"\"to\":\"{to}\",", Hex.Encode(data));
        string gas = receipt.GetProperty("gasUsed").GetString()![2..];
        return receipt.GetProperty("status").GetString() == "0x1"
            ? long.Parse(gas, NumberStyles.HexNumber, CultureInfo.InvariantCulture) : null;
    }

    private async Task<JsonElement> MineAsync(string to, string data)
    {
        return await _anvil.RpcAsync(
            "eth_sendTransactionSync",
            $$"""{"from":"{{Sender}}",{{to}}"gas":"0xf42400","data":"{{data}}"}""");
    }
}
