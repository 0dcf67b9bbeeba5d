// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICourt} from "../interfaces/ICourt.sol";
import {IRegistry} from "../interfaces/IRegistry.sol";
import {Finality} from "./Finality.sol";
import {Provers} from "./Provers.sol";

/// @title Claims: pay without an ack, and results that are asked for
/// @dev Three pages: `Deliveries` (what was served), `Demands` (what was not), `Finality` (what is
/// proven early). Money and verdicts are the court's.
contract Claims is Finality {
    constructor(ICourt court_, IRegistry registry_) Provers(court_, registry_) {}
}
