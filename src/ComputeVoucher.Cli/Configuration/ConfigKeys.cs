using System.Collections.Generic;

namespace ComputeVoucher.Cli;

/// <summary>
/// Every key that <c>serve</c> knows, with unit and default. Nothing else is accepted.
/// </summary>
internal static class ConfigKeys
{
    public const string ChainRpc = "chain:rpc";
    public const string ChainId = "chain:chainId";
    public const string ChainVouchers = "chain:vouchers";
    public const string ChainProviders = "chain:providers";
    public const string ChainConfirmations = "chain:confirmations";
    public const string ChainPollMs = "chain:pollMs";
    public const string ChainAwaySeconds = "chain:awaySecondsMax";
    public const string ChainStartBlock = "chain:startBlock";
    public const string ChainHeadAge = "chain:headAgeSecondsMax";
    public const string ChainHeaderFiles = "chain:rpcHeaderFiles";
    public const string ChainUnitsMin = "chain:channelUnitsMin";
    public const string ChainChannelsMax = "chain:channelsMax";
    public const string ChainReread = "chain:rereadSeconds";
    public const string ChainRescan = "chain:rescanBlocks";
    public const string ChainLogBlocks = "chain:logBlocksMax";
    public const string ChainTokens = "chain:tokens";
    public const string ChainCourts = "chain:courts";
    public const string NodeKey = "node:key";
    public const string NodeListen = "node:listen";
    public const string NodeLedger = "node:ledger";
    public const string NodeHealth = "node:health";
    public const string NodeHealthOpen = "node:healthOpen";
    public const string WireConnections = "wire:connectionsMax";
    public const string WireStrangers = "wire:strangersMax";
    public const string WirePerAddress = "wire:connectionsPerAddressMax";
    public const string WireHeld = "wire:heldBytesMax";
    public const string WireHeldStrangers = "wire:heldBytesStrangersMax";
    public const string WireHeldPerAddress = "wire:heldBytesPerAddressMax";
    public const string WireTokens = "wire:abuseTokensMax";
    public const string WireTokenMs = "wire:abuseTokenMs";
    public const string WireProxyFrom = "wire:proxyFrom";
    public const string LedgerSynchronous = "ledger:synchronous";
    public const string LedgerInputBytes = "ledger:inputBytesMax";
    public const string ServeModels = "serve:models";
    public const string ServeClasses = "serve:classes";
    public const string ServeBackend = "serve:backend";
    public const string ServeWorkers = "serve:workers";
    public const string ServeThreads = "serve:threadsPerWorker";
    public const string ServeQueue = "serve:queueOrdersMax";
    public const string ServeStreams = "serve:streamsMax";
    public const string ServeDrainMs = "serve:drainMs";
    public const string RulesHorizonSeconds = "rules:orderHorizonSeconds";
    public const string RulesMarginSeconds = "rules:redeemMarginSeconds";
    public const string RulesBudgetStart = "rules:budgetUnitsStart";
    public const string RulesBudgetGrowth = "rules:budgetGrowthPermille";
    public const string RulesBudgetMax = "rules:budgetUnitsMax";
    public const string RulesBudgetTotal = "rules:budgetUnitsTotal";
    public const string RedeemEnabled = "redeem:enabled";
    public const string RedeemKey = "redeem:key";
    public const string RedeemWeiPerToken = "redeem:weiPerTokenUnit";
    public const string RedeemGasFactor = "redeem:gasFactor";
    public const string RedeemAgeSeconds = "redeem:ageSecondsMax";
    public const string RedeemGasPriceMax = "redeem:gasPriceWeiMax";
    public const string RedeemTransactionMax = "redeem:transactionWeiMax";
    public const string RedeemDayMax = "redeem:dayWeiMax";
    public const string RedeemUrgentMax = "redeem:urgentWeiMax";
    public const string RedeemTip = "redeem:tipWei";
    public const string RedeemDataFeeOracle = "redeem:dataFeeOracle";
    public const string LogLevel = "log:level";
    public const string LogFormat = "log:format";

    public static IReadOnlyList<ConfigKey> All { get; } =
    [
        new(ChainRpc, ConfigType.Texts, "", null,
            "JSON-RPC endpoints; of two or more, two must agree on what is credited"),
        new(ChainId, ConfigType.Number, "", null, "Chain id that every endpoint must report"),
        new(ChainVouchers, ConfigType.Text, "", null, "Address of the Vouchers contract"),
        new(ChainProviders, ConfigType.Text, "", null, "Address of the Providers contract"),
        new(ChainConfirmations, ConfigType.Number, "blocks", "0",
            "Depth that counts as final; 0 trusts the chain's `finalized` tag"),
        new(ChainPollMs, ConfigType.Number, "ms", "1000", "Pause between two looks at the chain"),
        new(ChainAwaySeconds, ConfigType.Number, "s", "1800",
            "Orders are still accepted so long after the chain was last read"),
        new(ChainStartBlock, ConfigType.Number, "", "0",
            "Block of the deployment, where the search for channels begins"),
        new(ChainHeadAge, ConfigType.Number, "s", "120",
            "Age of the newest block that still counts as read; 0 for a chain that stands still"),
        new(ChainHeaderFiles, ConfigType.Texts, "", "-",
            "A file for each endpoint in turn, with a line `Name: value` to send; `-` for none"),
        new(ChainUnitsMin, ConfigType.Number, "CU", "1000000",
            "Units that a channel has to lock when it opens; smaller ones are ignored"),
        new(ChainChannelsMax, ConfigType.Number, "channels", "65536",
            "Open channels that are followed; new ones beyond them are ignored"),
        new(ChainReread, ConfigType.Number, "s", "600",
            "Every known channel is read anew in this time, whatever the logs say; 0 is never"),
        new(ChainRescan, ConfigType.Number, "blocks", "256",
            "Final blocks that are searched again each time, for endpoints that lag"),
        new(ChainLogBlocks, ConfigType.Number, "blocks", "2000",
            "Blocks of one eth_getLogs; refused ranges are halved by themselves"),
        new(ChainTokens, ConfigType.Texts, "", null, "Tokens whose classes are served"),
        new(ChainCourts, ConfigType.Texts, "", "0x0000000000000000000000000000000000000000",
            "Courts whose classes are served; the zero address is `not slashable`"),
        new(NodeKey, ConfigType.Text, "", null, "Key file that signs receipts"),
        new(NodeListen, ConfigType.Text, "", "127.0.0.1:9600",
            "Address and port of the protocol; it is not encrypted"),
        new(NodeLedger, ConfigType.Text, "", null,
            "Directory of the ledger; it belongs to one process"),
        new(NodeHealth, ConfigType.Text, "", "127.0.0.1:9601",
            "Address and port of /health, /ready and /metrics; `off` for none"),
        new(NodeHealthOpen, ConfigType.Flag, "", "false",
            "Whether node:health may be an address that others reach; its pages hold no secrets"),
        new(WireConnections, ConfigType.Number, "connections", "10240",
            "Open connections; beyond them one that has shown no payer makes room"),
        new(WireStrangers, ConfigType.Number, "connections", "2048",
            "Of them, those that have shown no payer; beyond them one of these makes room"),
        new(WirePerAddress, ConfigType.Number, "connections", "64",
            "Of one address (IPv6: a /64) or one payer; more for a tunnel that names no clients"),
        new(WireHeld, ConfigType.Number, "bytes", "67108864",
            "Unfinished frames, inputs of orders in flight and unread answers, of all clients"),
        new(WireHeldStrangers, ConfigType.Number, "bytes", "16777216",
            "Of these, for connections that have shown no payer; the rest is for payers alone"),
        new(WireHeldPerAddress, ConfigType.Number, "bytes", "16777216",
            "Of these, for one address or one payer"),
        new(WireTokens, ConfigType.Number, "times", "8",
            "Bad signatures that an address or a payer may send before it is turned away"),
        new(WireTokenMs, ConfigType.Number, "ms", "1000",
            "Time after which one of them is forgotten"),
        new(WireProxyFrom, ConfigType.Texts, "", "-",
            "Addresses of tunnels that send a PROXY header of version 1 or 2; `-` for none"),
        new(LedgerSynchronous, ConfigType.Text, "", "FULL",
            "FULL flushes every commit; OFF is for tests, a power cut loses acknowledged units"),
        new(LedgerInputBytes, ConfigType.Number, "bytes", "17179869184",
            "Inputs that are kept for disputes (45 days); orders beyond them are refused"),
        new(ServeModels, ConfigType.Texts, "", null, "Model files that are served, and no others"),
        new(ServeClasses, ConfigType.Texts, "", null,
            "Class files that are honoured, and no others"),
        new(ServeBackend, ConfigType.Text, "", "auto", "auto, scalar, avx2 or cuda"),
        new(ServeWorkers, ConfigType.Number, "threads", "0",
            "Orders executed at once; 0 is one per core"),
        new(ServeStreams, ConfigType.Number, "threads", "4",
            "Token streams executed at once, beside the workers"),
        new(ServeThreads, ConfigType.Number, "threads", "1", "Threads inside one execution"),
        new(ServeQueue, ConfigType.Number, "orders", "1024",
            "Accepted orders that may wait for a worker; the next is refused as busy"),
        new(ServeDrainMs, ConfigType.Number, "ms", "4000",
            "After SIGTERM, time for orders in flight; at most 4500"),
        new(RulesHorizonSeconds, ConfigType.Number, "s", "3600",
            "Farthest deadline of an order, 3 days at most; bounds how long inputs are kept"),
        new(RulesMarginSeconds, ConfigType.Number, "s", "86400",
            "Between a deadline and the moment a thaw or an expiry could cost the redemption"),
        new(RulesBudgetStart, ConfigType.Number, "CU", "10000000000",
            "Unacknowledged units of a new spend key; keep it below the gas of opening a channel"),
        new(RulesBudgetGrowth, ConfigType.Number, "1/1000", "250",
            "Share of its acknowledged units by which a spend key's budget grows"),
        new(RulesBudgetMax, ConfigType.Number, "CU", "10000000000000",
            "Unacknowledged units of one spend key, whatever its history"),
        new(RulesBudgetTotal, ConfigType.Number, "CU", "100000000000000",
            "Unacknowledged units of all spend keys: what a lost disk can cost"),
        new(RedeemEnabled, ConfigType.Flag, "", "true",
            "Redeem by itself; with false only when a thaw or an expiry forces it"),
        new(RedeemKey, ConfigType.Text, "", "",
            "Key file that pays for redemptions; empty is the node key"),
        new(RedeemWeiPerToken, ConfigType.Number, "wei", "0",
            "Worth of one token base unit, which weighs gas against value; 0 leaves it to the age"),
        new(RedeemGasFactor, ConfigType.Number, "times", "20",
            "Redeem when the value reaches so many times the gas"),
        new(RedeemAgeSeconds, ConfigType.Number, "s", "86400",
            "Redeem what has been due for so long, as far as the caps allow"),
        new(RedeemGasPriceMax, ConfigType.Number, "wei per gas", "100000000000",
            "Highest gas price of an ordinary redemption; above it waits"),
        new(RedeemTransactionMax, ConfigType.Number, "wei", "50000000000000000",
            "Highest fee of one ordinary redemption"),
        new(RedeemDayMax, ConfigType.Number, "wei", "100000000000000000",
            "Highest fee of all ordinary redemptions of 24 hours"),
        new(RedeemUrgentMax, ConfigType.Number, "wei", "500000000000000000",
            "Ceiling of one urgent redemption (thaw, expiry), which may cost what it saves"),
        new(RedeemTip, ConfigType.Number, "wei per gas", "0",
            "Tip for the block's author; 0 asks the chain"),
        new(RedeemDataFeeOracle, ConfigType.Text, "", "",
            "GasPriceOracle of a rollup (0x42…0F on the OP stack), whose data fee then counts"),
        new(LogLevel, ConfigType.Text, "", "Information",
            "Trace, Debug, Information, Warning, Error or None"),
        new(LogFormat, ConfigType.Text, "", "auto",
            "json or text; auto is text on a terminal and json elsewhere"),
    ];
}

/// <summary>Shape of a configuration value.</summary>
internal enum ConfigType
{
    Text,
    Texts,
    Number,
    Flag,
}

/// <summary>One key of the configuration file, as it is documented and checked.</summary>
/// <param name="Name">Section and name, parted by a colon, as the file nests them.</param>
/// <param name="Type">What the value has to look like.</param>
/// <param name="Unit">Unit of the value, or "" where it has none.</param>
/// <param name="Default">Text of the default; null when the key must be given.</param>
/// <param name="Meaning">One sentence.</param>
internal sealed record ConfigKey(
    string Name, ConfigType Type, string Unit, string? Default, string Meaning);
