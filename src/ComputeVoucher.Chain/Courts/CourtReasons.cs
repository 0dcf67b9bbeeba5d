using System;

namespace ComputeVoucher.Chain;

/// <summary>Every error that a court's contracts declare, as a sentence.</summary>
internal static class CourtReasons
{
    public static RevertReason[] All =>
    [
        new("ClassNotAdmitted()", "the class names another court or cost table, leaves less than "
            + "two days of window, or was never bought"),
        new("ModelNotAdmitted(bytes32)",
            "model {0} was not admitted to the registry: admit it first"),
        new("Mismatch()", "order, channel and class do not belong together"),
        new("InvalidSignature(address)", "not signed by {0}"),
        new("NotAuthorised(address)", "{0} may not do this: it is neither the channel's holder nor "
            + "spend key nor appointed, or the move is the other side's"),
        new("NotProver(address)", "{0} is none of the contracts that decide for this court"),
        new("AlreadyConvicted()", "the node was convicted of this order already"),
        new("OutOfTime()", "too early or too late: the court's clocks do not allow it now"),
        new("WrongStage()", "the order is not at this stage: claimed, demanded, answered, moved or "
            + "disputed before, or never"),
        new("AmountTooLarge(uint256,uint256)", "{0} base units are too many, {1} are possible"),
        new("SharesNotFinal()", "the share is paid 5 days after the verdict, and not before the "
            + "disputes that were open against the node then have ended"),
        new("NothingToCollect()", "the channel has nothing to collect"),
        new("BondTooSmall(uint256,uint256)",
            "the bond of {0} base units vouches for claims of {1}"),
        new("NodeCondemned(address)", "node {0} was convicted before this court: it claims nothing "
            + "more"),
        new("NotAscending(uint64)", "the order with sequence {0} is not behind those before it"),
        new("MoveTooLong(uint256)", "{0} bytes of calldata are more than 128 KiB"),
        new("InvalidOutput()", "the output is not what the receipt commits to, or longer than "
            + "65,536 bytes"),
        new("FeeTooLow(uint256,uint256)", "{0} wei are sent where the answer is prepaid with {1}"),
        new("NoEvidence()",
            "the evidence does not hold, or the channel's holder does not trust its verifier"),
        new("WrongMatter(uint256)", "the matter is not that of dispute {0}, or it is over"),
        new("WrongMove(uint8)", "not the move that is due: {0:m}"),
        new("Overdue(uint256)", "the turn ended on {0:t}"),
        new("NotOverdue()", "the turn is not over, or nobody's"),
        new("AlreadyOpen()", "this account has a dispute open on this order"),
        new("WrongPick()", "the node does not lie below the one that was opened"),
        new("WrongRequest()", "not the operands that were asked for, or given"),
        new("NotExplained()", "the committed element does not come out of these operands"),
        new("NotStated()", "the node signed no such statement of this order"),
        new("CaseOver()", "too late, or judged already"),
        new("NoContradiction()", "the proof does not prove anything"),
        new("InvalidInput()", "the input is not what the order commits to, or too long to show"),
        new("NotApplicable()",
            "not of this family of models, or not of a result of so many steps"),
        new("InvalidRecord()", "the openings do not lead to the input root, or it is no record"),
        new("NotCanonical()", "not the canonical answer: other nodes than the tree has there"),
        new("NotPadded()", "the last leaf has something behind its tensor"),
        new("InvalidPath()", "the path has another length than the tree"),
        new("NothingCredited()", "nothing was credited"),
        new("PaymentRefused(address)", "{0} refused the ether"),
        new("NotAdmitted(bytes32)", "model {0} is not admitted, or not checked to its end"),
        new("InvalidPage(uint256)",
            "page {0} of the architecture is not stored, or not full and not the last"),
        new("InvalidLength(uint256)", "a page of {0} bytes: 1 to 24,575 are wanted"),
        new("NotStored()", "the page could not be stored as code"),
        new("InvalidArchitecture()", "the architecture is not that of a canonical graph"),
        new("TooLarge()", "the activations or the units of one run are more than a graph may have"),
        new("NoTensor(uint256)", "the list has no tensor {0}"),
        new("Refused(uint256,uint256)", "operator {0} is refused for its {1:r}"),
        new("TooCostly(uint256,uint256)",
            "an element of operator {0} costs {1} gas to judge: no court takes so much"),
        new("InvalidElement()", "the trace has no such element"),
        new("ValuesMissing()", "fewer values are given than the element reads"),
        new("TooLong(uint256)",
            "a run of the whole context has {0} tensors, more than a list holds (2^24)"),
        new("TooSlow(uint256)",
            "a run of the whole context takes {0} units: too long to be run again in a dispute"),
        new("NoProofs()", "units of a language model are without proofs (flag bits 2 and 3)"),
        new("InvalidRun()", "no run of this model has so many tokens"),
        new("NotOpen()", "the proof does not open all that the element reads"),
        new("InvalidParameters()", "not the parameters of the element's channel"),
        new("MalformedProof()", "the proof is malformed"),
        new("NotInTrace()", "what the proof opens does not lead to the trace root"),
        new("NotOpen(uint256,uint256)", "leaf {1} of tensor {0} is needed and not opened"),
        new("OtherTables()", "the judge's tables are not those of the protocol"),
        new("OutOfRange()", "a derived number leaves its range: no evidence"),
        new("InvalidCommittee()", "a committee has distinct members that are not zero, and a "
            + "threshold between one and all of them"),
    ];

    /// <summary>The move that a dispute waits for.</summary>
    public static string Move(byte state) => (DisputeState)state switch
    {
        DisputeState.Queued => "another opening of the channel comes first",
        DisputeState.WantRoot => "the provider signs the trace root",
        DisputeState.WantCancel => "the provider shows the Cancel",
        DisputeState.WantNodes => "the provider opens nodes",
        DisputeState.WantOperands => "the provider gives operands",
        DisputeState.WantInput => "the opener shows the input",
        DisputeState.WantPick => "the opener picks a node",
        DisputeState.WantProof => "the opener proves or asks for operands",
        DisputeState.WantRefutation => "the opener refutes an operand",
        DisputeState.Convicted => "none, the node was convicted",
        DisputeState.Lapsed => "none, the opener has lapsed",
        _ => "there is no such dispute",
    };

    /// <summary>What GraphRules.sol names by a number.</summary>
    public static string Refusal(byte reason) => reason switch
    {
        1 => "shape",
        2 => "type or range",
        3 => "inputs",
        4 => "attributes",
        5 => "weights",
        _ => FormattableString.Invariant($"reason {reason}"),
    };
}
