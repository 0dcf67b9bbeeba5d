using System;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.TestKit;

namespace ComputeVoucher.Chain.Tests;

/// <summary>One chain for a test class, with a contract that writes the log it is asked for.
/// </summary>
public sealed class AnvilFixture : IAsyncLifetime
{
    public const ulong ChainId = 31337;

    // CALLDATALOAD(0) as the only topic of an empty log; then the 12 bytes that deploy it.
    private const string LoggerRuntime = "60003560006000a100";
    private const string LoggerCreation = "6009600c60003960096000f3" + LoggerRuntime;

    // Reverts, always.
    private const string ReverterCode = "6005600c60003960056000f3" + "60006000fd";

    private static int s_keys;

    private AnvilProcess? _anvil;

    public AnvilProcess Anvil => _anvil ?? throw new InvalidOperationException("no anvil here");

    internal JsonRpcClient Rpc { get; private set; } = null!;

    public Address Logger { get; private set; }

    /// <summary>What a guard finds at <see cref="Logger"/>.</summary>
    internal DeployedCode LoggerCode => new(
        "Logger", Logger, LoggerRuntime.Length / 2, Keccak256.Hash(Hex.Decode(LoggerRuntime)));

    public Address Reverter { get; private set; }

    public async Task InitializeAsync()
    {
        if (AnvilProcess.Binary is null)
        {
            return;
        }

        _anvil = await AnvilProcess.StartAsync();
        Rpc = Client(_anvil.Url);
        Logger = await DeployAsync(LoggerCreation);
        Reverter = await DeployAsync(ReverterCode);
        await _anvil.MineAsync(3);
    }

    public async Task DisposeAsync()
    {
        Rpc?.Dispose();
        if (_anvil is not null)
        {
            await _anvil.DisposeAsync();
        }
    }

    /// <summary>A key that no other test uses, with 100 ether.</summary>
    public async Task<PrivateKey> NewKeyAsync(string wei = "0x56bc75e2d63100000")
    {
        int number = Interlocked.Increment(ref s_keys);
        Bytes32 seed = Keccak256.Hash(BitConverter.GetBytes(number));
        PrivateKey key = PrivateKey.FromBytes(seed.Span);
        await Anvil.RpcAsync("anvil_setBalance", $"\"{key.Address}\",\"{wei}\"");
        return key;
    }

    internal static JsonRpcClient Client(params Uri[] urls) => Client(new ManualClock(), urls);

    /// <summary>No deadline passes unless the test moves the clock.</summary>
    internal static JsonRpcClient Client(ManualClock time, params Uri[] urls) => new(
        new RpcOptions { Endpoints = urls, EndpointRest = TimeSpan.Zero }, time);

    internal static OutboxOptions Options(uint confirmations = 0) => new()
    {
        ChainId = ChainId,
        Confirmations = confirmations,
        // Spikes of base fee are what some of these tests are about.
        Fees = new FeeLimits { GasPriceMax = null, TransactionMax = null, DayMax = null },
    };

    /// <summary>Asks the logger for a log of its own.</summary>
    internal OutboxRequest LogRequest(string name) => new()
    {
        Kind = "log",
        To = Logger,
        Data = Topic(name).ToArray(),
        ExpectedTopic = Topic(name),
    };

    internal static Bytes32 Topic(string name) => FunctionSelector.Topic(name);

    /// <summary>How often the logger wrote that log, on the chain as it is now.</summary>
    internal async Task<int> LogCountAsync(string name)
    {
        ulong head = await Rpc.BlockNumberAsync(default);
        LogEntry[] logs = await Rpc.LogsAsync(
            new LogFilter(Logger, 0, head, [[Topic(name)]]), default);
        return logs.Length;
    }

    private async Task<Address> DeployAsync(string code)
    {
        JsonElement accounts = await Anvil.RpcAsync("eth_accounts");
        string from = accounts[0].GetString()!;
        JsonElement hash = await Anvil.RpcAsync(
            "eth_sendTransaction", $$"""{"from":"{{from}}","data":"0x{{code}}"}""");
        TransactionReceipt? receipt = null;

        // Mined at once, but not before the answer.
        await Patience.UntilAsync(async () =>
            (receipt = await Rpc.ReceiptAsync(Bytes32.Parse(hash.GetString()), default))
                is not null);
        return receipt!.ContractAddress!.Value;
    }
}
